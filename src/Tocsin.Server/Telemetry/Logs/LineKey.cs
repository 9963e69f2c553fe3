using System.Globalization;

namespace Tocsin.Telemetry;

/// <summary>Names a line and says where it stands in time: its instant, the commit that stored it, its place in that commit.</summary>
internal readonly record struct LineKey(long AtMicros, long Seq, int Position)
{
    private const long Shift = 1L << 60;
    private const long MostSeq = (1L << 48) - 1;
    private const int MostPosition = 0xFFFF;

    /// <summary>Lines that one commit may give numbers to.</summary>
    public const int Positions = MostPosition + 1;

    /// <summary>Behind every line of that instant.</summary>
    public static LineKey After(long atMicros) => new(atMicros, MostSeq, MostPosition);

    /// <summary>Before every line of that instant.</summary>
    public static LineKey Before(long atMicros) => new(atMicros, 0, -1);

    /// <returns>Below 0: it comes before the other.</returns>
    public int Order(LineKey other) =>
        AtMicros != other.AtMicros ? AtMicros.CompareTo(other.AtMicros) : Seq != other.Seq ? Seq.CompareTo(other.Seq) : Position.CompareTo(other.Position);

    /// <returns>Null: it is no name of a line.</returns>
    public static LineKey? Parse(string? text) =>
        text is { Length: 32 }
        && long.TryParse(text.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var at)
        && long.TryParse(text.AsSpan(16, 12), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var seq)
        && int.TryParse(text.AsSpan(28), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var position)
        && at >= 0
            ? new LineKey(at - Shift, seq, position)
            : null;

    public override string ToString() => $"{AtMicros + Shift:x16}{Seq:x12}{Position:x4}";
}
