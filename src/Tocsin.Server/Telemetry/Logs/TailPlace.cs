using System.Globalization;

namespace Tocsin.Telemetry;

/// <summary>A place in the order in which lines were stored, from which somebody who was cut off goes on.</summary>
/// <param name="Seq">The commit of the last line that was told.</param>
/// <param name="Position">Its place in that commit.</param>
/// <param name="Sure">
/// Null: everything up to that line was told. Else everything of commits up to this one was; of later ones some lines were told and some were not, since the commits of several
/// nodes are seen in another order than that of their numbers.
/// </param>
internal readonly record struct TailPlace(long Seq, int Position, long? Sure)
{
    /// <summary>Behind everything of a commit.</summary>
    public static TailPlace Behind(long seq, long? sure) => new(seq, LineKey.Positions - 1, sure);

    /// <summary>The first commit that may hold lines that were not told.</summary>
    public long First => Sure is { } sure ? sure + 1 : Seq;

    /// <summary>Whether a line was not told, or perhaps not.</summary>
    public bool IsBefore(LineKey line) => Sure is { } sure ? line.Seq > sure : line.Seq > Seq || (line.Seq == Seq && line.Position > Position);

    /// <returns>Null: it is no place.</returns>
    public static TailPlace? Parse(string? text) =>
        text?.Split('.') is { Length: 2 or 3 } parts && Number(parts[0]) is { } seq && Number(parts[1]) is { } position && position < LineKey.Positions
            ? parts.Length == 2 ? new TailPlace(seq, (int)position, null) : Number(parts[2]) is { } sure ? new TailPlace(seq, (int)position, sure) : null
            : null;

    public override string ToString() => Sure is { } sure ? $"{Seq:x}.{Position:x}.{sure:x}" : $"{Seq:x}.{Position:x}";

    private static long? Number(string text) =>
        text.Length is > 0 and <= 12 && long.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) ? number : null;
}
