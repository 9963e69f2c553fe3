using System.Buffers.Text;
using System.Text;

namespace Tocsin.Hosting;

/// <summary>Opaque cursors of lists that are ordered by a number, newest first.</summary>
internal static class Cursor
{
    public const int DefaultLimit = 50;

    /// <returns>The number to stay below; null when the text is no cursor of ours.</returns>
    public static long? Before(string? cursor)
    {
        if (string.IsNullOrEmpty(cursor))
        {
            return long.MaxValue;
        }

        Span<byte> bytes = stackalloc byte[32];
        return Base64Url.IsValid(cursor, out var length) && length <= bytes.Length && Base64Url.TryDecodeFromChars(cursor, bytes, out var written)
            && long.TryParse(bytes[..written], out var before) && before > 0
            ? before
            : null;
    }

    /// <summary>The page of a list that was asked for one row more than <paramref name="limit"/>.</summary>
    public static Sdk.Page<TView> Page<TRow, TView>(List<TRow> rows, int limit, Func<TRow, TView> view, Func<TRow, long> number) =>
        rows.Count > limit
            ? new([.. rows.Take(limit).Select(view)], Below(number(rows[limit - 1])))
            : new([.. rows.Select(view)], null);

    /// <summary>Of a list of which not all rows were looked at: it goes on below a number although the page is not full.</summary>
    public static string Below(long number) => Base64Url.EncodeToString(Encoding.ASCII.GetBytes(number.ToString()));

    public static Error Invalid() => Error.Invalid("cursor", "Pass the next_cursor of the page before, or leave it out.");

    public static Error InvalidLimit() => Error.Invalid("limit", "Ask for 1 to 200 items.");
}
