using System.Text;

namespace Tocsin.Identity;

/// <summary>
/// A QR code (ISO/IEC 18004) of bytes, always of version 10 with error correction M: room for the address that an authenticator app takes over, and
/// nothing that a page would have to fetch from elsewhere.
/// </summary>
internal sealed class QrCode
{
    /// <summary>Modules along a side, without the quiet zone of four around it.</summary>
    public const int Size = 57;

    private const int Version = 10;
    private const int Capacity = (Blocks * BlockBytes) + 1;
    private const int Header = 3;
    private const int Blocks = 5;
    private const int BlockBytes = 43;
    private const int CorrectionBytes = 26;
    private const int Masks = 8;

    private static readonly int[] _centres = [6, 28, 50];

    private readonly bool[,] _dark = new bool[Size, Size];
    private readonly bool[,] _fixed = new bool[Size, Size];

    /// <param name="mask">0 to 7; null: the one that is easiest to read.</param>
    /// <returns>Null: the text has more than 213 bytes.</returns>
    public static QrCode? Of(string text, int? mask = null)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length + Header > Capacity)
        {
            return null;
        }

        var code = new QrCode();
        code.DrawFixed();
        code.DrawData(Interleaved(Packed(bytes)));
        code.Mask(mask ?? Enumerable.Range(0, Masks).MinBy(code.PenaltyUnder));
        return code;
    }

    /// <summary>The dark modules as the path of an SVG, one unit each, from (0, 0).</summary>
    public string Path() => string.Concat(
        from y in Enumerable.Range(0, Size) from x in Enumerable.Range(0, Size) where _dark[x, y] select $"M{x} {y}h1v1h-1z");

    /// <summary>The mode (bytes), their number, the bytes, an end of four bits, and filling.</summary>
    private static byte[] Packed(byte[] bytes)
    {
        var all = new byte[Capacity];
        for (var i = Header + bytes.Length; i < Capacity; i++)
        {
            all[i] = (byte)((i - Header - bytes.Length) % 2 == 0 ? 0xEC : 0x11);
        }

        // All is shifted by the half byte that the mode takes.
        byte[] shifted = [4, (byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes, 0];
        for (var i = 0; i < shifted.Length - 1; i++)
        {
            all[i] = (byte)((shifted[i] << 4) | (shifted[i + 1] >> 4));
        }

        return all;
    }

    /// <summary>Cuts into blocks, the last one byte longer, corrects each, and takes one byte of each in turn.</summary>
    private static byte[] Interleaved(byte[] data)
    {
        var blocks = Enumerable.Range(0, Blocks).Select(i => data[(i * BlockBytes)..(i == Blocks - 1 ? Capacity : (i + 1) * BlockBytes)]).ToArray();
        var corrections = Array.ConvertAll(blocks, Correction);
        return
        [
            .. Enumerable.Range(0, BlockBytes + 1).SelectMany(i => blocks.Where(b => i < b.Length).Select(b => b[i])),
            .. Enumerable.Range(0, CorrectionBytes).SelectMany(i => corrections.Select(c => c[i])),
        ];
    }

    /// <summary>The remainder of the division by the product of all (x - 2^i): Reed and Solomon's code.</summary>
    private static byte[] Correction(byte[] block)
    {
        var generator = new byte[CorrectionBytes];
        generator[^1] = 1;
        for (int i = 0, root = 1; i < CorrectionBytes; i++, root = Times(root, 2))
        {
            generator = [.. generator.Select((g, j) => (byte)(Times(g, root) ^ (j + 1 < CorrectionBytes ? generator[j + 1] : 0)))];
        }

        return block.Aggregate(new byte[CorrectionBytes], (rest, next) =>
            [.. generator.Select((g, j) => (byte)(Times(g, next ^ rest[0]) ^ (j + 1 < CorrectionBytes ? rest[j + 1] : 0)))]);
    }

    /// <summary>Multiplies in the field of 256 elements whose polynomial is x^8 + x^4 + x^3 + x^2 + 1.</summary>
    private static int Times(int a, int b)
    {
        var product = 0;
        for (var bit = 7; bit >= 0; bit--)
        {
            product = (product << 1) ^ ((product >> 7) * 0x11D) ^ (((b >> bit) & 1) * a);
        }

        return product;
    }

    /// <summary>A number followed by the remainder of its division by a polynomial: finds errors in the few bits that say how to read the rest.</summary>
    private static int Coded(int value, int length, int polynomial)
    {
        var rest = value;
        for (var i = 0; i < length; i++)
        {
            rest = (rest << 1) ^ ((rest >> (length - 1)) * polynomial);
        }

        return (value << length) | rest;
    }

    private void Set(int x, int y, bool dark) => (_dark[x, y], _fixed[x, y]) = (dark, true);

    private void DrawFixed()
    {
        for (var i = 0; i < Size; i++)
        {
            Set(6, i, i % 2 == 0);
            Set(i, 6, i % 2 == 0);
        }

        foreach (var (x, y) in from x in _centres from y in _centres where (x, y) is not ((6, 6) or (6, 50) or (50, 6)) select (x, y))
        {
            DrawSquares(x, y, 2, ring => ring != 1);
        }

        foreach (var (x, y) in ((int, int)[])[(3, 3), (3, Size - 4), (Size - 4, 3)])
        {
            DrawSquares(x, y, 4, ring => ring is not (2 or 4));
        }

        for (var i = 0; i < 18; i++)
        {
            var bit = ((Coded(Version, 12, 0x1F25) >> i) & 1) == 1;
            Set(Size - 11 + (i % 3), i / 3, bit);
            Set(i / 3, Size - 11 + (i % 3), bit);
        }

        DrawFormat(0);
    }

    /// <summary>Squares around a centre, as far as they are on the sheet.</summary>
    private void DrawSquares(int x, int y, int reach, Func<int, bool> isDark)
    {
        foreach (var (left, top) in from left in Enumerable.Range(0, Size) from top in Enumerable.Range(0, Size) select (left, top))
        {
            if (Math.Max(Math.Abs(left - x), Math.Abs(top - y)) is var ring && ring <= reach)
            {
                Set(left, top, isDark(ring));
            }
        }
    }

    /// <summary>Which correction (M is 0) and which mask, twice.</summary>
    private void DrawFormat(int mask)
    {
        for (var i = 0; i < 15; i++)
        {
            var bit = (((Coded(mask, 10, 0x537) ^ 0x5412) >> i) & 1) == 1;
            var (x, y) = i switch { < 6 => (8, i), < 8 => (8, i + 1), 8 => (7, 8), _ => (14 - i, 8) };
            Set(x, y, bit);
            Set(i < 8 ? Size - 1 - i : 8, i < 8 ? 8 : Size - 15 + i, bit);
        }

        Set(8, Size - 8, true);
    }

    /// <summary>In pairs of columns from the right, up and down in turn, leaving out the column of the timing pattern.</summary>
    private void DrawData(byte[] bytes)
    {
        var pairs = Enumerable.Range(0, (Size - 1) / 2).Select(i => (Right: Size - 1 - (2 * i) is var x && x > 6 ? x : x - 1, Up: i % 2 == 0));
        var places = pairs.SelectMany(p => Enumerable.Range(0, 2 * Size).Select(i => (X: p.Right - (i % 2), Y: p.Up ? Size - 1 - (i / 2) : i / 2)));
        foreach (var (bit, (x, y)) in places.Where(p => !_fixed[p.X, p.Y]).Take(bytes.Length * 8).Index())
        {
            _dark[x, y] = ((bytes[bit / 8] >> (7 - (bit % 8))) & 1) == 1;
        }
    }

    /// <summary>Turns over what a mask says. Twice is as never.</summary>
    private void Mask(int mask)
    {
        foreach (var (x, y) in from x in Enumerable.Range(0, Size) from y in Enumerable.Range(0, Size) where !_fixed[x, y] select (x, y))
        {
            var (sum, product) = (x + y, x * y);
            _dark[x, y] ^= 0 == mask switch
            {
                0 => sum % 2,
                1 => y % 2,
                2 => x % 3,
                3 => sum % 3,
                4 => ((x / 3) + (y / 2)) % 2,
                5 => (product % 2) + (product % 3),
                6 => ((product % 2) + (product % 3)) % 2,
                _ => ((sum % 2) + (product % 3)) % 2,
            };
        }

        DrawFormat(mask);
    }

    /// <summary>What makes it hard to read: long runs of one colour, and what looks like a corner.</summary>
    private int PenaltyUnder(int mask)
    {
        Mask(mask);
        var (range, dark) = (Enumerable.Range(0, Size), _dark);
        var lines = range.SelectMany(i => (string[])[string.Concat(range.Select(j => dark[j, i] ? '1' : '0')), string.Concat(range.Select(j => dark[i, j] ? '1' : '0'))]).ToList();
        Mask(mask);
        return lines.Sum(line =>
            line.Replace("01", "0 1", StringComparison.Ordinal).Replace("10", "1 0", StringComparison.Ordinal).Split(' ').Where(run => run.Length >= 5).Sum(run => run.Length - 2)
            + (40 * Enumerable.Range(0, Size - 10).Count(at => line.AsSpan(at, 11) is "00001011101" or "10111010000")));
    }
}
