using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Tocsin.Operations;

namespace Tocsin.Identity;

/// <summary>What came of looking at a password.</summary>
internal enum PasswordVerdict
{
    Wrong,
    Right,

    /// <summary>Right, and stored with weaker parameters than those of today.</summary>
    RightButOld,

    /// <summary>Too many wait; nothing was looked at.</summary>
    Busy,
}

/// <summary>Hashes a password on purpose slowly.</summary>
/// <param name="length">Of the hash, in bytes.</param>
internal delegate byte[] SlowHash(string password, byte[] salt, int iterations, int length);

/// <summary>
/// Slow hashes of passwords: PBKDF2-HMAC-SHA512 with its parameters, so that they can grow. Few run at once and few wait, since each is
/// meant to cost CPU that paging needs too.
/// </summary>
internal sealed class Passwords(IOptions<AccountOptions> options) : IDisposable
{
    public const int Longest = 256;

    private const string Algorithm = "pbkdf2-sha512";
    private const int Iterations = 220_000;
    private const int SaltBytes = 16;
    private const int HashBytes = 32;
    private const int KnownWaitMore = 4;

    /// <summary>Looked at where there is nothing to look at, so that it costs the same.</summary>
    private static readonly string _nobody = $"{Algorithm}${Iterations}${Convert.ToBase64String(new byte[SaltBytes])}${Convert.ToBase64String(new byte[HashBytes])}";

    private readonly SemaphoreSlim _turn = new(options.Value.HashesAtOnce > 0 ? options.Value.HashesAtOnce : Math.Max(1, Environment.ProcessorCount / 2));
    private int _waiting;
    private long _operations;

    /// <summary>Replaced in tests, where people log in all the time.</summary>
    internal SlowHash Hash { get; init; } = Pbkdf2;

    /// <summary>How many slow hashes were made since the start.</summary>
    public long Operations => Interlocked.Read(ref _operations);

    /// <summary>Looks at a password; costs one slow hash whatever the answer is.</summary>
    /// <param name="stored">Null: there is no such person, or no password was ever set; the answer is Wrong.</param>
    /// <param name="known">The place has logged in to this account before.</param>
    public async Task<PasswordVerdict> CheckAsync(string? stored, string password, bool known, CancellationToken ct)
    {
        var parts = (stored ?? _nobody).Split('$');
        var (iterations, salt, expected) = parts is [Algorithm, var rounds, var its, var hash] && int.TryParse(rounds, out var count)
            ? (count, Convert.FromBase64String(its), Convert.FromBase64String(hash))
            : (Iterations, new byte[SaltBytes], new byte[HashBytes]);
        var tooLong = password.Length > Longest;
        if (await SlowAsync(tooLong ? password[..Longest] : password, salt, iterations, expected.Length, known, ct) is not { } actual)
        {
            return PasswordVerdict.Busy;
        }

        return !CryptographicOperations.FixedTimeEquals(expected, actual) || stored is null or "" || tooLong ? PasswordVerdict.Wrong
            : iterations < Iterations ? PasswordVerdict.RightButOld
            : PasswordVerdict.Right;
    }

    /// <returns><c>pbkdf2-sha512$iterations$salt$hash</c>; null when too many wait.</returns>
    public async Task<string?> HashAsync(string password, bool known, CancellationToken ct)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return await SlowAsync(password, salt, Iterations, HashBytes, known, ct) is { } hash
            ? $"{Algorithm}${Iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}"
            : null;
    }

    public void Dispose() => _turn.Dispose();

    private async Task<byte[]?> SlowAsync(string password, byte[] salt, int iterations, int length, bool known, CancellationToken ct)
    {
        var most = options.Value.HashesWaiting * (known ? KnownWaitMore : 1);
        if (!await _turn.WaitAsync(0, ct))
        {
            if (Interlocked.Increment(ref _waiting) > most)
            {
                Interlocked.Decrement(ref _waiting);
                return null;
            }

            try
            {
                await _turn.WaitAsync(ct);
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        }

        try
        {
            Interlocked.Increment(ref _operations);
            Instruments.PasswordHashes.Add(1);
            return Hash(password, salt, iterations, length);
        }
        finally
        {
            _turn.Release();
        }
    }

    [SuppressMessage("Security", "CA5387", Justification = "Stored parameters are those of their day; they are raised at the next login.")]
    private static byte[] Pbkdf2(string password, byte[] salt, int iterations, int length) =>
        Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA512, length);
}
