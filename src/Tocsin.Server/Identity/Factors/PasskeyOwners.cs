using System.Buffers.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Identity;
using Tocsin.Data;

namespace Tocsin.Identity;

/// <summary>A person as authenticators know him.</summary>
/// <param name="Handle">His public id: it goes into the device, and back.</param>
/// <param name="Workspace">The one that he looked at last.</param>
internal sealed record PasskeyOwner(long Person, string Handle, string Email, long? Workspace);

/// <summary>Finds whose passkeys are made or used.</summary>
internal sealed class PasskeyPeople(Database database, AccountStore accounts, PasskeyStore store, AccountIds ids)
{
    public async Task<PasskeyOwner> OfAsync(long person, CancellationToken ct) =>
        Of(await database.ReadAsync(session => accounts.FindPersonAsync(session, person), ct) ?? throw new InvalidOperationException($"There is no person {person}."));

    /// <summary>The person whose passkey an answer says that it is. Whether that is so, is looked at later.</summary>
    public async Task<PasskeyOwner?> OfAnswerAsync(string credentialJson, CancellationToken ct) => IdOf(credentialJson) is { } credential
        && await database.ReadAsync(
            async session => await store.FindAsync(session, credential) is { } row ? await accounts.FindPersonAsync(session, row.Person) : null, ct) is { } person
            ? Of(person)
            : null;

    /// <param name="only">Null: nobody known.</param>
    public IUserPasskeyStore<PasskeyOwner> Only(PasskeyOwner? only) => new PasskeyOwners(only, database, store);

    private PasskeyOwner Of(PersonRow person) => new(person.Id, ids.Of(person.Id).ToString(), person.Email, person.LastWorkspace);

    private static byte[]? IdOf(string credentialJson)
    {
        try
        {
            using var document = JsonDocument.Parse(credentialJson);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String
                && Base64Url.IsValid(id.GetString()) ? Base64Url.DecodeFromChars(id.GetString()) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>
/// What the framework's passkey handler asks about one person: the only one who may answer the challenge at hand. It writes nothing; what a ceremony
/// ends in is stored by whoever began it, in one transaction with what follows from it.
/// </summary>
internal sealed class PasskeyOwners(PasskeyOwner? only, Database database, PasskeyStore store) : IUserPasskeyStore<PasskeyOwner>
{
    private const string WritesNothing = "People and passkeys are stored elsewhere.";

    public Task<PasskeyOwner?> FindByIdAsync(string userId, CancellationToken cancellationToken) => Task.FromResult(only?.Handle == userId ? only : null);

    public Task<string> GetUserIdAsync(PasskeyOwner user, CancellationToken cancellationToken) => Task.FromResult(user.Handle);

    public Task<string?> GetUserNameAsync(PasskeyOwner user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.Email);

    public Task<string?> GetNormalizedUserNameAsync(PasskeyOwner user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.Email);

    public async Task<IList<UserPasskeyInfo>> GetPasskeysAsync(PasskeyOwner user, CancellationToken cancellationToken) =>
        [.. (await database.ReadAsync(session => store.OfAsync(session, user.Person), cancellationToken)).Select(row => row.Info())];

    /// <summary>Whose passkey it is; anybody's, since no two people may have the same.</summary>
    public async Task<PasskeyOwner?> FindByPasskeyIdAsync(byte[] credentialId, CancellationToken cancellationToken) =>
        await database.ReadAsync(session => store.FindAsync(session, credentialId), cancellationToken) is { } row ? new(row.Person, "", "", null) : null;

    public async Task<UserPasskeyInfo?> FindPasskeyAsync(PasskeyOwner user, byte[] credentialId, CancellationToken cancellationToken) =>
        await database.ReadAsync(session => store.FindAsync(session, credentialId), cancellationToken) is { } row && row.Person == user.Person ? row.Info() : null;

    public void Dispose()
    {
        // It holds nothing.
    }

    public Task<PasskeyOwner?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) => throw new NotSupportedException(WritesNothing);

    public Task SetUserNameAsync(PasskeyOwner user, string? userName, CancellationToken cancellationToken) => throw new NotSupportedException(WritesNothing);

    public Task SetNormalizedUserNameAsync(PasskeyOwner user, string? normalizedName, CancellationToken cancellationToken) => throw new NotSupportedException(WritesNothing);

    public Task<IdentityResult> CreateAsync(PasskeyOwner user, CancellationToken cancellationToken) => throw new NotSupportedException(WritesNothing);

    public Task<IdentityResult> UpdateAsync(PasskeyOwner user, CancellationToken cancellationToken) => throw new NotSupportedException(WritesNothing);

    public Task<IdentityResult> DeleteAsync(PasskeyOwner user, CancellationToken cancellationToken) => throw new NotSupportedException(WritesNothing);

    public Task AddOrUpdatePasskeyAsync(PasskeyOwner user, UserPasskeyInfo passkey, CancellationToken cancellationToken) => throw new NotSupportedException(WritesNothing);

    public Task RemovePasskeyAsync(PasskeyOwner user, byte[] credentialId, CancellationToken cancellationToken) => throw new NotSupportedException(WritesNothing);
}
