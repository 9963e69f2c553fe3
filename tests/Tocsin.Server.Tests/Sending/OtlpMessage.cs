using System.Buffers.Binary;
using System.Text;

namespace Tocsin.Tests.Sending;

/// <summary>A message of the protocol buffers' wire format, taken apart by what the public description of the format says and by nothing of ours.</summary>
internal sealed class OtlpMessage
{
    private readonly List<(int Field, object Value)> _fields = [];

    public OtlpMessage(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var tag = Varint(ref bytes);
            object value;
            switch (tag & 7)
            {
                case 0:
                    value = Varint(ref bytes);
                    break;
                case 1:
                    value = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
                    bytes = bytes[8..];
                    break;
                case 2:
                    var length = (int)Varint(ref bytes);
                    value = bytes[..length].ToArray();
                    bytes = bytes[length..];
                    break;
                case 5:
                    value = (ulong)BinaryPrimitives.ReadUInt32LittleEndian(bytes);
                    bytes = bytes[4..];
                    break;
                default:
                    throw new InvalidDataException($"Wire type {tag & 7}.");
            }

            _fields.Add(((int)(tag >> 3), value));
        }
    }

    public OtlpMessage this[int field] => All(field).Single();

    public IEnumerable<OtlpMessage> All(int field) => Values<byte[]>(field).Select(bytes => new OtlpMessage(bytes));

    public string Text(int field) => Values<byte[]>(field).Select(Encoding.UTF8.GetString).SingleOrDefault("");

    public byte[] Bytes(int field) => Values<byte[]>(field).SingleOrDefault([]);

    public ulong Number(int field) => Values<ulong>(field).SingleOrDefault();

    public double Double(int field) => BitConverter.UInt64BitsToDouble(Number(field));

    public double[] Doubles(int field) => [.. Bytes(field).Chunk(8).Select(chunk => BinaryPrimitives.ReadDoubleLittleEndian(chunk))];

    public long[] Longs(int field) => [.. Bytes(field).Chunk(8).Select(chunk => BinaryPrimitives.ReadInt64LittleEndian(chunk))];

    public bool Has(int field) => _fields.Any(f => f.Field == field);

    /// <summary>Attributes, as this message holds them in a field; values as text, numbers, truths, arrays and maps.</summary>
    public Dictionary<string, object?> Attributes(int field) => All(field).ToDictionary(pair => pair.Text(1), pair => Value(pair[2]), StringComparer.Ordinal);

    public static object? Value(OtlpMessage value) => value._fields switch
    {
        [] => null,
        [(1, byte[] text)] => Encoding.UTF8.GetString(text),
        [(2, ulong truth)] => truth == 1,
        [(3, ulong whole)] => unchecked((long)whole),
        [(4, ulong bits)] => BitConverter.UInt64BitsToDouble(bits),
        [(5, byte[])] => value[5].All(1).Select(Value).ToArray(),
        [(6, byte[])] => value[6].Attributes(1),
        [(7, byte[] bytes)] => bytes,
        _ => throw new InvalidDataException("A value is one of seven."),
    };

    private IEnumerable<T> Values<T>(int field) => _fields.Where(f => f.Field == field).Select(f => (T)f.Value);

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
