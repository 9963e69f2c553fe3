using System.Buffers.Binary;
using System.Text;

namespace Tocsin.Providers;

/// <summary>
/// Short texts that come again and again, label names and values above all, as one string each instead of one per alert: less work for the
/// collector while alerts are read, and less memory for as long as they stay active. Bounded; forgets by overwriting.
/// </summary>
internal static class TextCache
{
    private const int LongestBytes = 32;

    // A slot is one reference, and strings do not change: a race costs at most a string made twice.
    private static readonly string?[] Slots = new string?[4096];

    /// <param name="utf8">Valid UTF-8.</param>
    public static string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > LongestBytes)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        ref var slot = ref Slots[SlotOf(utf8)];
        if (slot is { } known && Ascii.Equals(utf8, known))
        {
            return known;
        }

        var text = Encoding.UTF8.GetString(utf8);
        slot = text;
        return text;
    }

    private static int SlotOf(ReadOnlySpan<byte> utf8)
    {
        ulong head, tail;
        if (utf8.Length >= 8)
        {
            head = BinaryPrimitives.ReadUInt64LittleEndian(utf8);
            tail = BinaryPrimitives.ReadUInt64LittleEndian(utf8[^8..]);
        }
        else
        {
            head = 0;
            foreach (var b in utf8)
            {
                head = (head << 8) | b;
            }

            tail = head;
        }

        // A fixed hash is safe here: whoever makes others collide only makes them miss the cache.
        return (int)(((head * 0x9E3779B97F4A7C15) ^ (tail * 0xC2B2AE3D27D4EB4F) ^ (uint)utf8.Length) * 0x9E3779B97F4A7C15 >> 52);
    }
}
