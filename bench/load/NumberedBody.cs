using System.Globalization;
using System.Text;

namespace Tocsin.Load;

/// <summary>
/// A POST of some items as bytes that are sent again and again; before each send the numbers of its items are written into it, which is all
/// that a request costs here.
/// </summary>
public class NumberedBody : RequestBody
{
    /// <summary>What stands before the nine digits that tell one item from another.</summary>
    public const string Mark = "bench-";

    /// <summary>What each text has in the place of an item's number.</summary>
    protected const int Hole = 123_456_789;

    private const int Digits = 9;

    private readonly byte[] _request;
    private readonly int[][] _holes;

    /// <param name="text">The body; each item has its <see cref="Mark"/> and <see cref="Hole"/> as often as the others.</param>
    /// <param name="items">How many items it has.</param>
    protected NumberedBody(Uri server, string path, string? key, string text, int items)
    {
        _request = Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: application/json\r\n"
            + (key is null ? "" : $"Authorization: Bearer {key}\r\n")
            + $"Content-Length: {text.Length}\r\n\r\n{text}");

        var mark = Encoding.ASCII.GetBytes(Mark + Hole.ToString(CultureInfo.InvariantCulture));
        List<int> found = [];
        for (int at = 0, next; (next = _request.AsSpan(at).IndexOf(mark)) >= 0; at += next + mark.Length)
        {
            found.Add(at + next + Mark.Length);
        }

        _holes = [.. found.Chunk(found.Count / items)];
    }

    public override int Items => _holes.Length;

    public override ReadOnlySpan<byte> With(int first)
    {
        for (var i = 0; i < _holes.Length; i++)
        {
            foreach (var hole in _holes[i])
            {
                Write(first + i, _request.AsSpan(hole, Digits));
            }
        }

        return _request;
    }

    private static void Write(int number, Span<byte> digits)
    {
        for (var i = digits.Length - 1; i >= 0; i--)
        {
            (number, var digit) = Math.DivRem(number, 10);
            digits[i] = (byte)('0' + digit);
        }
    }
}
