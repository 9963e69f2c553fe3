using System.Collections.Concurrent;
using Tocsin.Data;

namespace Tocsin.Identity;

/// <summary>Looks up API keys, remembering each answer for a few seconds: a revoked key stops within <see cref="_fresh"/>.</summary>
internal sealed class KeyRing(Database database, ApiKeyStore keys, ImportedKeys imported, TimeProvider clock)
{
    private const int MostRemembered = 10_000;

    private static readonly TimeSpan _fresh = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan _noteUseEvery = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, (ApiKeyRow Key, DateTimeOffset At)> _known = new(StringComparer.Ordinal);

    /// <returns>The live key; null for anything else. Texts that are not well-formed cost nothing.</returns>
    /// <exception cref="StoreUnavailableException">The key is not remembered, and the store is away or too many unknown keys are being looked at.</exception>
    public async ValueTask<ApiKeyRow?> FindAsync(string text, CancellationToken ct)
    {
        var user = AlertServerKey.UserOf(text);
        if (user is null && !ApiKeyText.IsWellFormed(text))
        {
            return null;
        }

        var now = clock.GetUtcNow();
        if (_known.TryGetValue(text, out var known) && now - known.At < _fresh)
        {
            return known.Key;
        }

        var hash = ApiKeyText.Hash(text);
        var found = await database.ReadAsync(session => keys.FindAsync(session, hash), ct)
            ?? (user is null ? null : await imported.FindAsync(text, user, hash, ct));
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
        if (key.LastUsedAt is null || now - key.LastUsedAt > _noteUseEvery)
        {
            await database.WriteAsync(tx => keys.UsedAsync(tx, key.Workspace, key.Id, now), ct);
        }

        return key;
    }
}
