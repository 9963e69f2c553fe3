using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Tocsin.Audit;

/// <summary>One entry of an audit chain, with what binds it to the entry before.</summary>
/// <param name="Workspace">Whose chain; 0 is that of the installation.</param>
/// <param name="Seq">1 for the first entry of a chain, and one more for each that follows.</param>
/// <param name="At">UTC, in whole microseconds.</param>
/// <param name="Data">JSON text with more about it; empty: there is nothing more.</param>
/// <param name="Prev">The hash of the entry before; <see cref="Genesis"/> for the first.</param>
/// <param name="Hash">Of all the others, as <see cref="HashOf"/> makes it.</param>
public sealed record AuditLink(
    long Workspace, long Seq, DateTimeOffset At, string Actor, string Action, string Subject, string Result, string Address, string Detail, string Data,
    string Prev, string Hash)
{
    /// <summary>What the first entry of a chain follows.</summary>
    public const string Genesis = "0000000000000000000000000000000000000000000000000000000000000000";

    /// <summary>The name and version of the form that is hashed.</summary>
    public const string Form = "tocsin-audit-1";

    private const string InstantForm = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    /// <summary>The instant as it is hashed and exported: always six digits of a second, always Z.</summary>
    public string AtText => TextOf(At);

    /// <summary>
    /// SHA-256, in small hexadecimal digits, over the netstrings (<c>length:bytes,</c>; the length counts UTF-8 bytes) of
    /// <see cref="Form"/>, prev, workspace, seq, at, actor, action, subject, result, address, detail and data, in this order.
    /// </summary>
    public static string HashOf(AuditLink link)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in (ReadOnlySpan<string>)
            [
                Form, link.Prev, link.Workspace.ToString(CultureInfo.InvariantCulture), link.Seq.ToString(CultureInfo.InvariantCulture), link.AtText,
                link.Actor, link.Action, link.Subject, link.Result, link.Address, link.Detail, link.Data,
            ])
        {
            sha.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetByteCount(text)}:{text},")));
        }

        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    /// <summary>The entry with its hash.</summary>
    public AuditLink Sealed() => this with { Hash = HashOf(this) };

    public static string TextOf(DateTimeOffset at) => at.UtcDateTime.ToString(InstantForm, CultureInfo.InvariantCulture);

    /// <returns>Null: the text is not of the one form that is hashed.</returns>
    public static DateTimeOffset? InstantOf(string text) =>
        DateTimeOffset.TryParseExact(text, InstantForm, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : null;
}

/// <summary>An entry that somebody noted outside of the chain: what was true then must still be.</summary>
/// <param name="Hash">64 small hexadecimal digits.</param>
public sealed record AuditAnchor(long Seq, string Hash)
{
    /// <summary><c>SEQ:HASH</c>.</summary>
    public override string ToString() => $"{Seq.ToString(CultureInfo.InvariantCulture)}:{Hash}";

    /// <returns>Null: it is not <c>SEQ:HASH</c>.</returns>
    public static AuditAnchor? Parse(string text) =>
        text.Split(':') is [var seq, { Length: 64 } hash] && hash.All(char.IsAsciiHexDigit) && long.TryParse(seq, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new(number, hash.ToLowerInvariant())
            : null;
}
