using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Tocsin.Data;

/// <summary>Sixty-four bits that are the same on every node and in every release: stored as keys instead of long texts.</summary>
internal static class StableHash
{
    /// <summary>The first eight bytes of the SHA-256 of the parts, each closed by a NUL, so that no two lists of parts run together.</summary>
    public static long Of(string first, string second)
    {
        var size = Encoding.UTF8.GetMaxByteCount(first.Length + second.Length) + 2;
        Span<byte> text = size <= 1024 ? stackalloc byte[1024] : new byte[size];
        var length = Encoding.UTF8.GetBytes(first, text);
        text[length++] = 0;
        length += Encoding.UTF8.GetBytes(second, text[length..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..length], hash);
        return BinaryPrimitives.ReadInt64BigEndian(hash);
    }
}
