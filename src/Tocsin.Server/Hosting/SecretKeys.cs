using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Data;

namespace Tocsin.Hosting;

/// <summary>What protects the secrets that people enter. Section <c>Secrets</c>.</summary>
public sealed class SecretOptions
{
    /// <summary>
    /// 32 random bytes in base64 (<c>openssl rand -base64 32</c>) that lock the database's own key, so that the database alone opens no
    /// secret. Several, separated by blanks, while it is being changed: the first locks, all unlock. Empty: the database's key lies unlocked beside what it protects.
    /// </summary>
    public string Key { get; set; } = "";

    /// <summary>A file outside the data folder with such keys, one a line; it goes before <see cref="Key"/>. Empty: none.</summary>
    public string KeyFile { get; set; } = "";

    internal bool AreLocked => Key.Length + KeyFile.Length > 0;

    /// <exception cref="OptionsValidationException">The file cannot be read, or a key is none.</exception>
    internal IReadOnlyList<SecretBox> Boxes()
    {
        var text = Key;
        try
        {
            text = KeyFile.Length > 0 ? File.ReadAllText(KeyFile) : Key;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SecretKeys.Wrong($"Secrets:KeyFile cannot be read: {e.Message}");
        }

        return [.. text.Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(BoxOf)];
    }

    private static SecretBox BoxOf(string key)
    {
        var bytes = new byte[SecretBox.KeyBytes + 3];
        return Convert.TryFromBase64String(key, bytes, out var length) && length == SecretBox.KeyBytes
            ? new(bytes[..length])
            : throw SecretKeys.Wrong("Secrets:Key, or a line of Secrets:KeyFile, is not 32 bytes in base64; make one with: openssl rand -base64 32");
    }
}

/// <summary>
/// The key of the installation's secrets. It is made once and stays in the database, so that every node has it and a backup holds it; what
/// locks it is the operator's key, which is in neither.
/// </summary>
internal static class SecretKeys
{
    private const string Name = "secret_key";
    private const string Place = "meta/secret_key";

    /// <summary>Makes the key at the first start, and locks it anew when the operator's key is new. Idempotent.</summary>
    /// <exception cref="OptionsValidationException">The key is locked, and not by a key of the settings.</exception>
    public static Task<SecretBox> OpenAsync(Database database, IReadOnlyList<SecretBox> locks, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            await tx.ExecuteAsync(
                "INSERT INTO meta (name, value) VALUES (@name, @value) ON CONFLICT (name) DO NOTHING",
                ("name", Name), ("value", Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBox.KeyBytes))));
            var stored = (await FindAsync(tx))!;
            var key = Unlock(stored, locks);
            if (locks.Count > 0 && (!SecretBox.IsSealed(stored) || locks[0].Open(stored, Place) is null))
            {
                await tx.ExecuteAsync("UPDATE meta SET value = @value WHERE name = @name", ("name", Name), ("value", locks[0].Seal(key, Place)));
            }

            return new SecretBox(Convert.FromBase64String(key));
        },
        ct);

    /// <summary>The key as it is, for those who only look; null: no server made one yet.</summary>
    /// <exception cref="OptionsValidationException">The key is locked, and not by a key of the settings.</exception>
    public static async Task<SecretBox?> FindAsync(Database database, IReadOnlyList<SecretBox> locks, CancellationToken ct) =>
        await database.ReadAsync(FindAsync, ct) is { } stored ? new(Convert.FromBase64String(Unlock(stored, locks))) : null;

    public static OptionsValidationException Wrong(string fault) => new("Secrets", typeof(SecretOptions), [fault]);

    private static Task<string?> FindAsync(Session session) =>
        session.FirstAsync("SELECT value FROM meta WHERE name = @name", static row => row.GetString(0), ("name", Name));

    private static string Unlock(string stored, IReadOnlyList<SecretBox> locks) => !SecretBox.IsSealed(stored)
        ? stored
        : locks.Select(box => box.Open(stored, Place)).FirstOrDefault(key => key is not null) ?? throw Wrong(
            "The secrets of this database are locked with another key. Set Secrets:KeyFile (environment: Tocsin__Secrets__KeyFile) to the one that it was used with.");
}

internal static partial class SecretLog
{
    [LoggerMessage(2061, LogLevel.Warning, "The key of stored secrets lies unlocked in the same database: whoever has the database or a backup can read them. Set Secrets:KeyFile to a key outside the data folder")]
    public static partial void KeyUnlocked(this ILogger logger);
}
