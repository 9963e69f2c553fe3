using System.Buffers.Binary;
using System.Text;

namespace Tocsin.Tests.Telemetry;

/// <summary>Bytes of protocol buffers written by hand, as their public description says: a tag, then the value.</summary>
internal static class Proto
{
    public static byte[] Message(params byte[][] fields) => [.. fields.SelectMany(f => f)];

    public static byte[] Part(int field, params byte[][] fields) => Bytes(field, Message(fields));

    public static byte[] Bytes(int field, byte[] value) => [.. Varint(((ulong)field << 3) | 2), .. Varint((ulong)value.Length), .. value];

    public static byte[] Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public static byte[] Int(int field, long value) => [.. Varint((ulong)field << 3), .. Varint((ulong)value)];

    public static byte[] Zigzag(int field, int value) => Int(field, (uint)((value << 1) ^ (value >> 31)));

    public static byte[] Fixed(int field, ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return [.. Varint(((ulong)field << 3) | 1), .. bytes];
    }

    public static byte[] Double(int field, double value) => Fixed(field, BitConverter.DoubleToUInt64Bits(value));

    public static byte[] Packed(int field, params ulong[] values) => Bytes(field, [.. values.SelectMany(v => Fixed(1, v)[1..])]);

    public static byte[] PackedVarints(int field, params ulong[] values) => Bytes(field, [.. values.SelectMany(Varint)]);

    /// <summary>An attribute that is text.</summary>
    public static byte[] Attribute(int field, string key, string value) => Part(field, Text(1, key), Part(2, Text(1, value)));

    private static byte[] Varint(ulong value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }
}
