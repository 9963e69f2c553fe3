using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Notify;
using Tocsin.Streams;

namespace Tocsin.Identity;

/// <summary>
/// The keys of <c>/api-keys</c>, which an account makes for its programs. They open data and nothing else, and never more than the account itself
/// may at that moment.
/// </summary>
internal sealed class AccountKeys(Database database, ApiKeyStore keys, EventLog log, IOptions<KeyOptions> options, TimeProvider clock)
{
    private const int MaxName = 100;

    public Task<List<ApiKeyRow>> ListAsync(Caller by, CancellationToken ct) => database.ReadAsync(session => keys.ListOfAccountAsync(session, by.Person!.Value), ct);

    /// <returns>The key; a conflict when the account has as many as it may.</returns>
    public async Task<Result<MadeKey>> CreateAsync(Caller by, string name, CancellationToken ct)
    {
        var (person, now) = (by.Person!.Value, clock.GetUtcNow());
        name = PlainText.OneLine(name, MaxName + 1).Trim();
        if (name.Length is 0 or > MaxName)
        {
            return Error.Invalid("name", $"Say what the key is for, in 1 to {MaxName} characters.");
        }

        return await database.WriteAsync<Result<MadeKey>>(
            async tx =>
            {
                await tx.LockWorkspaceAsync(by.Workspace);
                await ApiKeyStore.LockAccountAsync(tx, person);
                if ((await keys.ListOfAccountAsync(tx, person)).Count >= options.Value.MaxPerAccount)
                {
                    return Error.Conflict("key.too_many", $"An account has {options.Value.MaxPerAccount} keys at most. Delete one that is not used any more.");
                }

                var (id, key) = await keys.CreateAsync(
                    tx, by.Workspace, new(name, Role.Owner, by.Actor) { Kind = ApiKeyText.Account, Scopes = Scopes.Data, Person = person }, now);
                var facts = (await keys.FindAsync(tx, by.Workspace, id))!;
                await log.AppendAsync(tx, by.Workspace, now, [KeyDesk.Line("key.created", id, by, $"made {KeyDesk.Described(facts)}")]);
                return new MadeKey(key, facts);
            },
            ct);
    }

    /// <summary>Ends the one key of the account that begins so; what ended already stays so.</summary>
    /// <param name="beginning">As much of the key as its list shows, or less, or all of it.</param>
    /// <param name="delete">Forget it too, so that it does not count any more.</param>
    public async Task<Result<ApiKeyRow>> EndAsync(Caller by, string beginning, bool delete, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        return await database.WriteAsync<Result<ApiKeyRow>>(
            async tx =>
            {
                var mine = await keys.ListOfAccountAsync(tx, by.Person!.Value);
                if (ApiKeyText.IsOfAccount(beginning))
                {
                    var whole = await keys.IdOfAsync(tx, ApiKeyText.Hash(beginning));
                    mine.RemoveAll(key => key.Id != whole);
                }
                else
                {
                    mine.RemoveAll(key => !key.Prefix.StartsWith(beginning, StringComparison.Ordinal));
                }

                switch (mine)
                {
                    case []:
                        return new Error(ErrorKind.NotFound, "key.not_found", "No key of this account begins so.");
                    case [var key]:
                        // It may be one of another workspace of the account, whose log is written then.
                        await tx.LockWorkspaceAsync(key.Workspace);
                        var ended = await keys.RevokeAsync(tx, key.Workspace, key.Id, now);
                        if (delete ? await keys.DeleteAsync(tx, key.Workspace, key.Id) : ended)
                        {
                            await log.AppendAsync(
                                tx, key.Workspace, now, [KeyDesk.Line(delete ? "key.deleted" : "key.revoked", key.Id, by, $"{(delete ? "deleted" : "revoked")} {KeyDesk.Described(key)}")]);
                        }

                        return key;
                    default:
                        return Error.Conflict("key.ambiguous", $"{mine.Count} keys begin so; give more of the one that is meant.");
                }
            },
            ct);
    }
}
