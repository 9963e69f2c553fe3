using System.Collections.Frozen;
using System.Globalization;
using System.Net;

namespace Tocsin.Outgoing;

/// <summary>The internal targets that the operator allows. Immutable.</summary>
internal sealed class AllowList
{
    private static readonly int[] UsualPorts = [80, 443];

    private readonly FrozenSet<(string Host, int Port)> _names;
    private readonly FrozenSet<(IPAddress Address, int Port)> _addresses;

    private AllowList(IEnumerable<(string Host, int Port)> names, IEnumerable<(IPAddress Address, int Port)> addresses) =>
        (_names, _addresses) = (names.ToFrozenSet(), addresses.ToFrozenSet());

    /// <summary>Reads <see cref="OutgoingOptions.Allow"/>. Entries that are wrong are left out and each has its sentence in <paramref name="faults"/>.</summary>
    public static AllowList Parse(string text, out IReadOnlyList<string> faults)
    {
        List<(string, int)> names = [];
        List<(IPAddress, int)> addresses = [];
        List<string> wrong = [];
        foreach (var entry in text.Split([',', ' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (!TrySplit(entry, out var host, out var ports))
            {
                wrong.Add($"Outgoing:Allow: '{entry}' is not host:port; write for example hooks.internal:8443, 10.0.0.7:80 or [fd00::7]:80.");
            }
            else if (IPAddress.TryParse(host, out var address))
            {
                addresses.AddRange(ports.Select(port => (AddressGuard.Unmap(address), port)));
            }
            else
            {
                names.AddRange(ports.Select(port => (Normal(host), port)));
                if (Normal(host) == "localhost")
                {
                    // The name has only this meaning (RFC 6761), so its addresses are meant too.
                    addresses.AddRange(ports.SelectMany(port => new[] { (IPAddress.Loopback, port), (IPAddress.IPv6Loopback, port) }));
                }
            }
        }

        faults = wrong;
        return new(names, addresses);
    }

    public bool HasName(string host, int port) => _names.Contains((Normal(host), port));

    public bool HasAddress(IPAddress address, int port) => _addresses.Contains((AddressGuard.Unmap(address), port));

    private static string Normal(string host) => host.ToLowerInvariant().TrimEnd('.');

    private static bool TrySplit(string entry, out string host, out int[] ports)
    {
        (host, ports) = (entry, UsualPorts);
        var colon = entry.LastIndexOf(':');
        var bare6 = !entry.StartsWith('[') && entry.AsSpan().Count(':') > 1;
        if (colon >= 0 && !bare6 && !entry.EndsWith(']'))
        {
            if (!int.TryParse(entry.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
            {
                return false;
            }

            (host, ports) = (entry[..colon], [port]);
        }

        if (host.StartsWith('[') || bare6)
        {
            host = host.Trim('[', ']');
            return IPAddress.TryParse(host, out _);
        }

        return OutgoingUrl.HostFault(host) is null;
    }
}
