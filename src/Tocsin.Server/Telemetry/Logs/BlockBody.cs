using System.Buffers;
using System.IO.Compression;

namespace Tocsin.Telemetry;

/// <summary>The bytes of a block as they are stored: a mark of how they are packed, their true number, and the packed bytes.</summary>
internal static class BlockBody
{
    private const byte Brotli = 1;
    private const int Window = 22;
    private const int MostHead = 11;

    /// <param name="isFresh">Quickly rather than small: a merge packs it again soon.</param>
    public static byte[] Pack(ReadOnlySpan<byte> bytes, bool isFresh)
    {
        var packed = ArrayPool<byte>.Shared.Rent(MostHead + BrotliEncoder.GetMaxCompressedLength(bytes.Length));
        try
        {
            packed[0] = Brotli;
            var head = 1;
            for (var size = (uint)bytes.Length; ; size >>= 7)
            {
                packed[head++] = (byte)(size >= 0x80 ? size | 0x80 : size);
                if (size < 0x80)
                {
                    break;
                }
            }

            return BrotliEncoder.TryCompress(bytes, packed.AsSpan(head), out var length, isFresh ? 1 : 3, Window)
                ? packed[..(head + length)]
                : throw new InvalidOperationException("A block did not fit the room that its packing needs at most.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(packed);
        }
    }

    /// <returns>Bytes from the shared pool, and how many of them count.</returns>
    /// <exception cref="InvalidDataException">The stored bytes are no block.</exception>
    public static (byte[] Bytes, int Length) Unpack(byte[] packed)
    {
        var head = new ByteReader(packed);
        if (head.Byte() != Brotli)
        {
            throw new InvalidDataException("A block of log lines is packed in a way that this version does not know.");
        }

        var length = head.Int();
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        if (BrotliDecoder.TryDecompress(head.Rest, bytes, out var written) && written == length)
        {
            return (bytes, length);
        }

        ArrayPool<byte>.Shared.Return(bytes);
        throw new InvalidDataException("A block of log lines is damaged.");
    }
}
