using System.Buffers.Binary;
using System.Numerics;

namespace Tocsin.Telemetry;

/// <summary>
/// Says of a block of lines which tokens it surely does not hold (a Bloom filter). Built large, then folded to as few bytes as its tokens need;
/// of tokens that are not there it wrongly admits about one in fifty.
/// </summary>
internal sealed class TokenFilter
{
    private const int Probes = 5;
    private const double MostFilled = 0.45;
    private const int LeastWords = 1;

    private readonly ulong[] _bits;
    private readonly uint _mask;

    /// <param name="bits">A power of two, at least 64.</param>
    public TokenFilter(int bits) => (_bits, _mask) = (new ulong[bits / 64], (uint)bits - 1);

    public void Clear() => Array.Clear(_bits);

    public void Add(ulong token)
    {
        var (at, step) = ((uint)token, (uint)(token >> 32) | 1);
        for (var i = 0; i < Probes; i++, at += step)
        {
            var bit = at & _mask;
            _bits[bit >> 6] |= 1UL << (int)(bit & 63);
        }
    }

    /// <summary>The filter as it is stored.</summary>
    public byte[] Pack()
    {
        var words = _bits;
        while (words.Length > LeastWords && Folded(words) is { } half)
        {
            words = half;
        }

        var bytes = new byte[words.Length * 8];
        for (var i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 8), words[i]);
        }

        return bytes;
    }

    /// <returns>False: the token is surely not there.</returns>
    public static bool MayHold(ReadOnlySpan<byte> packed, ulong token)
    {
        var mask = ((uint)packed.Length * 8) - 1;
        var (at, step) = ((uint)token, (uint)(token >> 32) | 1);
        for (var i = 0; i < Probes; i++, at += step)
        {
            var bit = at & mask;
            if ((packed[(int)(bit >> 3)] & (1 << (int)(bit & 7))) == 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Half as long, with the same tokens; null: it would be too full to say much.</summary>
    private static ulong[]? Folded(ulong[] words)
    {
        var half = new ulong[words.Length / 2];
        var filled = 0L;
        for (var i = 0; i < half.Length; i++)
        {
            half[i] = words[i] | words[i + half.Length];
            filled += BitOperations.PopCount(half[i]);
        }

        return filled <= half.Length * 64 * MostFilled ? half : null;
    }
}
