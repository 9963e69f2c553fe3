using System.Buffers.Binary;
using System.Text;

namespace Tocsin.Sdk.Telemetry;

/// <summary>Writes one message of the protocol buffers' wire format, field by field. Not safe to share between threads.</summary>
internal sealed class ProtoWriter
{
    private const int VarintWire = 0;
    private const int Fixed64Wire = 1;
    private const int BytesWire = 2;
    private const int Fixed32Wire = 5;

    private byte[] _buffer = new byte[512];
    private int _length;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public void Clear() => _length = 0;

    public void Varint(int field, ulong value)
    {
        Tag(field, VarintWire);
        Raw(value);
    }

    public void Fixed64(int field, ulong value)
    {
        Tag(field, Fixed64Wire);
        BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);
    }

    public void Fixed32(int field, uint value)
    {
        Tag(field, Fixed32Wire);
        BinaryPrimitives.WriteUInt32LittleEndian(Take(4), value);
    }

    public void Double(int field, double value) => Fixed64(field, BitConverter.DoubleToUInt64Bits(value));

    public void Fixed64s(int field, ReadOnlySpan<long> values)
    {
        Tag(field, BytesWire);
        Raw((ulong)values.Length * 8);
        foreach (var value in values)
        {
            BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);
        }
    }

    public void Doubles(int field, ReadOnlySpan<double> values)
    {
        Tag(field, BytesWire);
        Raw((ulong)values.Length * 8);
        foreach (var value in values)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(Take(8), value);
        }
    }

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, BytesWire);
        Raw((ulong)value.Length);
        value.CopyTo(Take(value.Length));
    }

    /// <summary>Half a surrogate pair becomes a question mark: it is no text on any wire.</summary>
    public void Text(int field, ReadOnlySpan<char> value)
    {
        Tag(field, BytesWire);
        Raw((ulong)Encoding.UTF8.GetByteCount(value));
        Ensure(Encoding.UTF8.GetMaxByteCount(value.Length));
        _length += Encoding.UTF8.GetBytes(value, _buffer.AsSpan(_length));
    }

    /// <summary>Begins a message within this one.</summary>
    /// <returns>What <see cref="End"/> takes.</returns>
    public int Begin(int field)
    {
        Tag(field, BytesWire);
        return _length;
    }

    /// <summary>Ends the message that began there: its length is put before it.</summary>
    public void End(int began)
    {
        var size = _length - began;
        var room = VarintLength((ulong)size);
        Take(room);
        _buffer.AsSpan(began, size).CopyTo(_buffer.AsSpan(began + room));
        var end = _length;
        _length = began;
        Raw((ulong)size);
        _length = end;
    }

    private static int VarintLength(ulong value)
    {
        var length = 1;
        for (; value >= 0x80; value >>= 7)
        {
            length++;
        }

        return length;
    }

    private void Tag(int field, int wire) => Raw((ulong)((field << 3) | wire));

    private void Raw(ulong value)
    {
        Ensure(10);
        for (; value >= 0x80; value >>= 7)
        {
            _buffer[_length++] = (byte)(value | 0x80);
        }

        _buffer[_length++] = (byte)value;
    }

    private Span<byte> Take(int count)
    {
        Ensure(count);
        _length += count;
        return _buffer.AsSpan(_length - count, count);
    }

    private void Ensure(int more)
    {
        if (_buffer.Length - _length < more)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + more));
        }
    }
}
