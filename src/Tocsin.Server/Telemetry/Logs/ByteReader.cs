using System.Text;

namespace Tocsin.Telemetry;

/// <summary>Reads what <see cref="ByteColumn"/> wrote.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public byte Byte()
    {
        var value = _rest[0];
        _rest = _rest[1..];
        return value;
    }

    public ulong Number()
    {
        var (value, shift) = (0UL, 0);
        while (true)
        {
            var one = Byte();
            value |= (ulong)(one & 0x7F) << shift;
            if (one < 0x80)
            {
                return value;
            }

            shift += 7;
        }
    }

    public int Int() => checked((int)Number());

    public long Signed()
    {
        var value = Number();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public ReadOnlySpan<byte> Bytes(int count)
    {
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    public ByteReader Column() => new(Bytes(Int()));

    public string Text() => Encoding.UTF8.GetString(Bytes(Int()));
}
