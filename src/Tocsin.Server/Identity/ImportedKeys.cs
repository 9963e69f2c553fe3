using System.Collections.Concurrent;
using System.Security.Cryptography;
using Tocsin.Data;

namespace Tocsin.Identity;

/// <summary>
/// Recognises imported keys at their first use, when only the alert server's slow hash can tell. One text is looked at after the other, and few
/// may wait, so that wrong keys cost at most one core; each name has so many tries a minute, and a wrong key is remembered for a while.
/// </summary>
internal sealed class ImportedKeys(Database database, ApiKeyStore keys, ImportedKeyStore imported, TimeProvider clock) : IDisposable
{
    private const int MostWaiting = 16;
    private const int MostRemembered = 10_000;
    private const int TriesInWindow = 20;

    private static readonly TimeSpan _window = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _wrongFor = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _turn = new(1);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _wrong = new(StringComparer.Ordinal);

    // Used by whoever has the turn only.
    private readonly Dictionary<string, (DateTimeOffset Since, int Wrong)> _tries = new(StringComparer.Ordinal);
    private int _waiting;

    /// <param name="hash">The fast hash of <paramref name="text"/>, which no key has yet.</param>
    /// <returns>The key, which has its fast hash now; null: it is no key.</returns>
    /// <exception cref="StoreUnavailableException">Too many are being looked at, or the store is away.</exception>
    public async Task<ApiKeyRow?> FindAsync(string text, string user, byte[] hash, CancellationToken ct)
    {
        var memory = Convert.ToHexString(hash);
        if (_wrong.TryGetValue(memory, out var until) && until > clock.GetUtcNow())
        {
            return null;
        }

        if ((await database.ReadAsync(session => imported.UnverifiedAsync(session, user), ct)).Count == 0)
        {
            // Perhaps somebody else verified it just now.
            return await database.ReadAsync(session => keys.FindAsync(session, hash, clock.GetUtcNow()), ct);
        }

        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw TooMany();
        }

        try
        {
            await _turn.WaitAsync(ct);
            try
            {
                return await LookAsync(text, user, hash, memory, ct);
            }
            finally
            {
                _turn.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<ApiKeyRow?> LookAsync(string text, string user, byte[] hash, string memory, CancellationToken ct)
    {
        // Requests with the same key came together; the first of them did the work.
        if (await database.ReadAsync(session => keys.FindAsync(session, hash, clock.GetUtcNow()), ct) is { } known)
        {
            return known;
        }

        var now = clock.GetUtcNow();
        if (_wrong.TryGetValue(memory, out var until) && until > now)
        {
            return null;
        }

        var tries = _tries.GetValueOrDefault(user);
        if (now - tries.Since > _window)
        {
            tries = (now, 0);
        }

        if (tries.Wrong >= TriesInWindow)
        {
            throw TooMany();
        }

        foreach (var candidate in await database.ReadAsync(session => imported.UnverifiedAsync(session, user), ct))
        {
            if (CryptographicOperations.FixedTimeEquals(AlertServerKey.SlowHash(text, candidate.Salt), candidate.SlowHash))
            {
                await database.WriteAsync(tx => imported.VerifiedAsync(tx, candidate, hash, now), ct);
                return await database.ReadAsync(session => keys.FindAsync(session, hash, clock.GetUtcNow()), ct);
            }
        }

        Remember(user, (tries.Since, tries.Wrong + 1), memory, now);
        return null;
    }

    private void Remember(string user, (DateTimeOffset Since, int Wrong) tries, string memory, DateTimeOffset now)
    {
        if (_wrong.Count >= MostRemembered)
        {
            _wrong.Clear();
        }

        // Only names of people with keys come here, so these are few.
        _tries[user] = tries;
        _wrong[memory] = now + _wrongFor;
    }

    private static StoreUnavailableException TooMany() => new("Too many keys that were never used here are being looked at.");
}
