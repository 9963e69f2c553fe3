using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Tocsin.Outgoing;

/// <summary>
/// Which addresses a workspace may make this process call: those of the public internet and no other. Addresses that carry an IPv4
/// address inside (mapped, compatible, translated, 6to4, Teredo, NAT64) are judged by that one too.
/// </summary>
internal static class AddressGuard
{
    private static readonly (IPNetwork Network, string What)[] Refused =
    [
        (IPNetwork.Parse("0.0.0.0/8"), "an unspecified address"),
        (IPNetwork.Parse("10.0.0.0/8"), "a private address"),
        (IPNetwork.Parse("100.64.0.0/10"), "an address of the provider's own network"),
        (IPNetwork.Parse("127.0.0.0/8"), "a loopback address"),
        // Azure's platform channel answers here from inside a machine, though the address looks public.
        (IPNetwork.Parse("168.63.129.16/32"), "a cloud platform's own address"),
        (IPNetwork.Parse("169.254.0.0/16"), "a link-local address"),
        (IPNetwork.Parse("172.16.0.0/12"), "a private address"),
        (IPNetwork.Parse("192.0.0.0/24"), "a reserved address"),
        (IPNetwork.Parse("192.0.2.0/24"), "a documentation address"),
        (IPNetwork.Parse("192.88.99.0/24"), "a reserved address"),
        (IPNetwork.Parse("192.168.0.0/16"), "a private address"),
        (IPNetwork.Parse("198.18.0.0/15"), "a benchmark address"),
        (IPNetwork.Parse("198.51.100.0/24"), "a documentation address"),
        (IPNetwork.Parse("203.0.113.0/24"), "a documentation address"),
        (IPNetwork.Parse("224.0.0.0/4"), "a multicast address"),
        (IPNetwork.Parse("240.0.0.0/4"), "a reserved address"),
        (IPNetwork.Parse("::/128"), "an unspecified address"),
        (IPNetwork.Parse("::1/128"), "a loopback address"),
        (IPNetwork.Parse("64:ff9b:1::/48"), "a private address"),
        (IPNetwork.Parse("2001:db8::/32"), "a documentation address"),
        (IPNetwork.Parse("2001::/23"), "a reserved address"),
        (IPNetwork.Parse("3fff::/20"), "a documentation address"),
        (IPNetwork.Parse("fc00::/7"), "a private address"),
        (IPNetwork.Parse("fe80::/10"), "a link-local address"),
        (IPNetwork.Parse("fec0::/10"), "a private address"),
        (IPNetwork.Parse("ff00::/8"), "a multicast address"),
    ];

    private static readonly IPNetwork Global6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork Compatible = IPNetwork.Parse("::/96");
    private static readonly IPNetwork Translated = IPNetwork.Parse("::ffff:0:0:0/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");
    private static readonly IPNetwork Teredo = IPNetwork.Parse("2001::/32");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>Why the address is not called, as a noun phrase ("a loopback address"); null if it is a public address.</summary>
    public static string? WhyRefused(IPAddress address)
    {
        address = Unmap(address);
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return Named(address);
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return "not an internet address";
        }

        // A zone belongs to a link, and the networks compare without it.
        address = new IPAddress(address.GetAddressBytes());
        if (Inside(address) is { Length: > 0 } inside)
        {
            return inside.Select(Named).FirstOrDefault(why => why is not null);
        }

        return Named(address) ?? (Global6.Contains(address) ? null : "a reserved address");
    }

    /// <summary>The IPv4 address of a mapped one; any other address as it is.</summary>
    public static IPAddress Unmap(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static string? Named(IPAddress address)
    {
        foreach (var (network, what) in Refused)
        {
            if (network.Contains(address))
            {
                return what;
            }
        }

        return null;
    }

    private static IPAddress[] Inside(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        if (address.Equals(IPAddress.IPv6Any) || address.Equals(IPAddress.IPv6Loopback))
        {
            return [];
        }

        if (Compatible.Contains(address) || Translated.Contains(address) || Nat64.Contains(address))
        {
            return [new(bytes.AsSpan(12))];
        }

        if (SixToFour.Contains(address))
        {
            return [new(bytes.AsSpan(2, 4))];
        }

        if (Teredo.Contains(address))
        {
            // The relay in clear, the client with all bits flipped.
            Span<byte> client = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(client, ~BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(12)));
            return [new(bytes.AsSpan(4, 4)), new(client)];
        }

        return [];
    }
}
