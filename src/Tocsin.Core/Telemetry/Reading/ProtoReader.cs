using System.Buffers.Binary;

namespace Tocsin.Telemetry;

/// <summary>Bytes that are not what they are said to be. Told to the sender as it stands.</summary>
internal sealed class OtlpFormatException(string message) : Exception(message);

/// <summary>Reads one message of the protocol buffers' wire format, field by field. Unknown fields are skipped, repeated ones come as they stand.</summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    private const int VarintWire = 0;
    private const int Fixed64Wire = 1;
    private const int BytesWire = 2;
    private const int Fixed32Wire = 5;

    private ReadOnlySpan<byte> _rest = message;
    private int _wire;
    private bool _isRead = true;

    /// <summary>The number of the field at which it stands.</summary>
    public int Field { get; private set; }

    /// <summary>Whether the field holds bytes: text, a message, or packed numbers.</summary>
    public readonly bool IsBytes => _wire == BytesWire;

    /// <summary>Goes to the next field; what was not read of the one before is skipped.</summary>
    /// <returns>False: the message ends here.</returns>
    /// <exception cref="OtlpFormatException">The bytes are no such message.</exception>
    public bool Next()
    {
        if (!_isRead)
        {
            Skip();
        }

        if (_rest.IsEmpty)
        {
            return false;
        }

        var tag = ReadVarint();
        (Field, _wire, _isRead) = ((int)(tag >> 3), (int)(tag & 7), false);
        return tag >> 3 is > 0 and <= 0x1FFF_FFFF ? true : throw Broken();
    }

    /// <summary>A number of any wire type: integers as they are, a fixed one by its bits.</summary>
    public ulong Number()
    {
        _isRead = true;
        switch (_wire)
        {
            case VarintWire:
                return ReadVarint();
            case Fixed64Wire:
                return BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
            case Fixed32Wire:
                return BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
            default:
                throw Broken();
        }
    }

    /// <summary>A number that is written zigzag.</summary>
    public int Signed() => (int)Number() is var bits ? (int)((uint)bits >> 1) ^ -(bits & 1) : 0;

    public double Double() => _wire == Fixed64Wire ? BitConverter.UInt64BitsToDouble(Number()) : throw Broken();

    public ReadOnlySpan<byte> Bytes()
    {
        _isRead = true;
        return _wire == BytesWire && ReadVarint() is var length && length <= (ulong)_rest.Length ? Take((int)length) : throw Broken();
    }

    /// <summary>Numbers of eight bytes, packed or one by one.</summary>
    public void Fixed64s(List<ulong> numbers)
    {
        if (_wire != BytesWire)
        {
            numbers.Add(Number());
            return;
        }

        var packed = Bytes();
        if (packed.Length % 8 != 0)
        {
            throw Broken();
        }

        for (; packed.Length > 0; packed = packed[8..])
        {
            numbers.Add(BinaryPrimitives.ReadUInt64LittleEndian(packed));
        }
    }

    /// <summary>Numbers of any length, packed or one by one.</summary>
    public void Varints(List<ulong> numbers)
    {
        if (_wire != BytesWire)
        {
            numbers.Add(Number());
            return;
        }

        var packed = new ProtoReader(Bytes());
        while (packed._rest.Length > 0)
        {
            numbers.Add(packed.ReadVarint());
        }
    }

    private void Skip()
    {
        if (_wire == BytesWire)
        {
            Bytes();
        }
        else
        {
            Number();
        }
    }

    private ulong ReadVarint()
    {
        var value = 0UL;
        for (var i = 0; i < 10 && i < _rest.Length; i++)
        {
            value |= (ulong)(_rest[i] & 0x7F) << (7 * i);
            if (_rest[i] < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return value;
            }
        }

        throw Broken();
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw Broken();
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    private static OtlpFormatException Broken() => new("The body is not in the protocol buffers' wire format, or breaks off.");
}

/// <summary>Writes messages of the protocol buffers' wire format.</summary>
internal sealed class ProtoWriter
{
    private const int LengthBytes = 4;

    private byte[] _bytes = new byte[1024];
    private int _length;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    public void Number(int field, ulong value)
    {
        Varint((ulong)field << 3);
        Varint(value);
    }

    public void Fixed64(int field, ulong value)
    {
        Varint(((ulong)field << 3) | 1);
        Bits(value);
    }

    public void Fixed32(int field, uint value)
    {
        Varint(((ulong)field << 3) | 5);
        BinaryPrimitives.WriteUInt32LittleEndian(Room(4), value);
    }

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)value.Length);
        value.CopyTo(Room(value.Length));
    }

    /// <summary>Begins a field whose length is not known yet.</summary>
    /// <returns>What <see cref="Close"/> wants to know.</returns>
    public int Open(int field)
    {
        Varint(((ulong)field << 3) | 2);
        Room(LengthBytes);
        return _length;
    }

    /// <summary>Ends a field; its length takes four bytes always, which the format allows.</summary>
    public void Close(int opened)
    {
        var length = (uint)(_length - opened);
        for (var i = 0; i < LengthBytes; i++)
        {
            _bytes[opened - LengthBytes + i] = (byte)(((length >> (7 * i)) & 0x7F) | (i < LengthBytes - 1 ? 0x80u : 0));
        }
    }

    public void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            Room(1)[0] = (byte)(value | 0x80);
        }

        Room(1)[0] = (byte)value;
    }

    public void Bits(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Room(8), value);

    private Span<byte> Room(int count)
    {
        if (_length + count > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        }

        _length += count;
        return _bytes.AsSpan(_length - count, count);
    }
}
