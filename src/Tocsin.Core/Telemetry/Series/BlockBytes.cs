using System.Buffers.Binary;

namespace Tocsin.Telemetry;

/// <summary>Bytes of a block as they are written: whole numbers in as few bytes as they need, and single bits.</summary>
public sealed class BlockWriter
{
    private const int LongestNumber = 10;

    private byte[] _bytes = new byte[256];
    private int _bitsLeft;

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Clear() => (Length, _bitsLeft) = (0, 0);

    public void Byte(byte value) => Room(1)[0] = value;

    public void Bytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Room(bytes.Length));

    public void Fixed(long value) => BinaryPrimitives.WriteInt64LittleEndian(Room(8), value);

    /// <summary>Seven bits a byte, the lowest first.</summary>
    public void Number(ulong value)
    {
        var start = Length;
        var bytes = Room(LongestNumber);
        var count = 0;
        for (; value >= 0x80; value >>= 7)
        {
            bytes[count++] = (byte)(value | 0x80);
        }

        bytes[count++] = (byte)value;
        Length = start + count;
    }

    /// <summary>A number of either sign: small ones of both are short.</summary>
    public void Signed(long value) => Number(((ulong)value << 1) ^ (ulong)(value >> 63));

    /// <summary>The lowest bits of a value, the highest of them first. Whatever else is written next begins with a new byte.</summary>
    public void Bits(ulong value, int count)
    {
        while (count > 0)
        {
            if (_bitsLeft == 0)
            {
                var written = Room(1);
                written[0] = 0;
                _bitsLeft = 8;
            }

            var take = Math.Min(count, _bitsLeft);
            var part = (value >> (count - take)) & ((1UL << take) - 1);
            _bytes[Length - 1] |= (byte)(part << (_bitsLeft - take));
            _bitsLeft -= take;
            count -= take;
        }
    }

    private Span<byte> Room(int count)
    {
        if (_bytes.Length - Length < count)
        {
            Array.Resize(ref _bytes, Math.Max(Length + count, _bytes.Length * 2));
        }

        var room = _bytes.AsSpan(Length, count);
        Length += count;
        _bitsLeft = 0;
        return room;
    }
}

/// <summary>Reads what <see cref="BlockWriter"/> wrote.</summary>
public ref struct BlockReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at;
    private int _bitsLeft;

    public readonly bool AtEnd => _at == _bytes.Length;

    public byte Byte() => Bytes(1)[0];

    /// <exception cref="InvalidDataException">The block ends before; so do all reads.</exception>
    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count < 0 || count > _bytes.Length - _at)
        {
            throw Broken();
        }

        var read = _bytes.Slice(_at, count);
        _at += count;
        _bitsLeft = 0;
        return read;
    }

    public long Fixed() => BinaryPrimitives.ReadInt64LittleEndian(Bytes(8));

    public ulong Number()
    {
        if (_at < _bytes.Length && _bytes[_at] < 0x80)
        {
            _bitsLeft = 0;
            return _bytes[_at++];
        }

        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Broken();
    }

    /// <summary>A number of things: not negative and not beyond what a block may hold.</summary>
    public int Count(int most) => Number() is var count && count <= (ulong)most ? (int)count : throw Broken();

    public long Signed() => Number() is var value ? (long)(value >> 1) ^ -(long)(value & 1) : 0;

    public ulong Bits(int count)
    {
        var value = 0UL;
        while (count > 0)
        {
            if (_bitsLeft == 0)
            {
                _ = Byte();
                _bitsLeft = 8;
            }

            var take = Math.Min(count, _bitsLeft);
            var part = (uint)(_bytes[_at - 1] >> (_bitsLeft - take)) & ((1u << take) - 1);
            value = (value << take) | part;
            _bitsLeft -= take;
            count -= take;
        }

        return value;
    }

    private static InvalidDataException Broken() => new("A block of samples ends too early or holds numbers that none of ours has.");
}
