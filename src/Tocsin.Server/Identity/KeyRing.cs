using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Workspaces;

namespace Tocsin.Identity;

/// <summary>
/// Looks up API keys, remembering each answer for a few seconds: a key that was revoked, narrowed, or whose owner may less stops within
/// <see cref="_fresh"/>, on every node; one that expires stops at once.
/// </summary>
internal sealed class KeyRing(Database database, ApiKeyStore keys, ImportedKeys imported, WorkspaceStore workspaces, KeyUses uses, IOptions<KeyOptions> options, TimeProvider clock)
{
    private const int MostRemembered = 10_000;

    private static readonly TimeSpan _fresh = TimeSpan.FromSeconds(4);

    private readonly ConcurrentDictionary<string, (ApiKeyRow Key, DateTimeOffset At)> _known = new(StringComparer.Ordinal);
    private readonly byte[]? _adminHash = options.Value.AdminKey is { Length: > 0 } admin ? ApiKeyText.Hash(admin) : null;
    private ApiKeyRow? _admin;

    /// <summary>Whether <see cref="FindAsync"/> answers without a look into the store.</summary>
    public bool Knows(string text) => (_known.TryGetValue(text, out var known) && IsFresh(known.At, clock.GetUtcNow())) || !MayBeKey(text);

    /// <returns>The live key; null for anything else. Texts that are not well-formed cost nothing.</returns>
    /// <exception cref="StoreUnavailableException">The key is not remembered, and the store is away or too many unknown keys are being looked at.</exception>
    public async ValueTask<ApiKeyRow?> FindAsync(string text, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (_known.TryGetValue(text, out var known) && IsFresh(known.At, now))
        {
            return known.Key.IsLive(now) ? known.Key : null;
        }

        if (IsAdminKey(text))
        {
            return _admin ??= await database.ReadAsync(AdminAsync, ct);
        }

        if (!MayBeKey(text))
        {
            return null;
        }

        var hash = ApiKeyText.Hash(text);
        var found = await database.ReadAsync(session => keys.FindAsync(session, hash, now), ct)
            ?? (!ApiKeyText.IsWellFormed(text) && AlertServerKey.UserOf(text) is { } user ? await imported.FindAsync(text, user, hash, ct) : null);
        if (found is not { } key)
        {
            _known.TryRemove(text, out _);
            return null;
        }

        if (_known.Count >= MostRemembered)
        {
            _known.Clear();
        }

        _known[text] = (key, now);
        uses.Note(key, now);
        return key;
    }

    private static bool IsFresh(DateTimeOffset at, DateTimeOffset now) => now - at < _fresh;

    private static bool MayBeKey(string text) => ApiKeyText.IsWellFormed(text) || AlertServerKey.UserOf(text) is not null;

    private bool IsAdminKey(string text) => _adminHash is not null && CryptographicOperations.FixedTimeEquals(_adminHash, ApiKeyText.Hash(text));

    /// <summary>The key of the settings opens the data of the oldest workspace, as it did where there was one only.</summary>
    private async Task<ApiKeyRow?> AdminAsync(Session session) => (await workspaces.ListAsync(session)).FirstOrDefault() is { } first
        ? new()
        {
            Workspace = first.Id,
            WorkspaceName = first.Name,
            Id = 0,
            Name = "admin",
            Prefix = "",
            Kind = ApiKeyText.Account,
            Role = Role.Admin,
            Scopes = Scopes.Data,
            CreatedAt = default,
        }
        : null;
}
