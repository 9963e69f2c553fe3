using System.Security.Cryptography;

namespace Tocsin.Identity;

/// <summary>
/// Codes for the day on which the phone is lost: 140 random bits each, written down once, good once. They are too long to be guessed, so a fast hash
/// is enough and nobody's tries at them are counted against their owner.
/// </summary>
internal static class RecoveryCodes
{
    public const int Count = 10;

    /// <summary>Without letters that look like digits.</summary>
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    private const int Length = 28;
    private const int Group = 4;

    /// <summary>Codes that were made when they had 80 bits stay good until they are used or renewed.</summary>
    private const int OldLength = 16;

    /// <returns>Ten codes of seven groups of four: <c>xxxx-xxxx-xxxx-xxxx-xxxx-xxxx-xxxx</c>.</returns>
    public static string[] New() => [.. Enumerable.Range(0, Count).Select(_ =>
        string.Join('-', RandomNumberGenerator.GetString(Alphabet, Length).Chunk(Group).Select(part => new string(part))))];

    /// <returns>What is stored; null: nobody was given a code that looks like this.</returns>
    public static byte[]? HashOf(string typed)
    {
        var plain = string.Concat(typed.ToLowerInvariant().Where(c => c != '-' && !char.IsWhiteSpace(c)).Select(c => c switch { 'o' => '0', 'i' or 'l' => '1', _ => c }));
        return plain.Length is Length or OldLength && plain.All(c => Alphabet.Contains(c, StringComparison.Ordinal)) ? ApiKeyText.Hash(plain) : null;
    }
}
