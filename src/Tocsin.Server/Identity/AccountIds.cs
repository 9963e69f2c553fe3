using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Tocsin.Identity;

/// <summary>
/// The id by which people are known outside: a UUID of version 8, a keyed hash of the number in the database. It is the same on all nodes
/// and for ever, and tells nobody how many people there are.
/// </summary>
/// <param name="secret">That of the installation, 32 bytes.</param>
internal sealed class AccountIds(byte[] secret)
{
    public Guid Of(long person)
    {
        Span<byte> bytes = stackalloc byte[48];
        secret.AsSpan(0, 32).CopyTo(bytes);
        "account\0"u8.CopyTo(bytes[32..]);
        BinaryPrimitives.WriteInt64BigEndian(bytes[40..], person);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new(hash[..16], bigEndian: true);
    }

    /// <returns>The one of these whom an id means; null: none of them.</returns>
    public Account? Find(IReadOnlyList<Account> members, string id) => members.FirstOrDefault(member => Of(member.Id).ToString() == id);

    /// <summary>A keyed hash that nobody outside can make.</summary>
    public byte[] Sign(string purpose, string text) => HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{purpose}\0{text}"));
}
