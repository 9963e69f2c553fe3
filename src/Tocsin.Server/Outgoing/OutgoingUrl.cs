using System.Net;
using System.Net.Sockets;

namespace Tocsin.Outgoing;

/// <summary>
/// Reads addresses that people enter. Strict on purpose: a host has one spelling here, so that what is checked, shown and called is
/// the same. Whether the address behind a name may be called is asked when it is called.
/// </summary>
internal static class OutgoingUrl
{
    /// <summary>The URL, or an error whose detail says what to write instead.</summary>
    /// <param name="field">The setting that the error names.</param>
    public static Result<Uri> Parse(string text, string field) =>
        Fault(text) is { } fault ? Error.Invalid(field, fault) : new Uri(text, UriKind.Absolute);

    /// <summary>What is wrong with the URL as one sentence; null if nothing is.</summary>
    public static string? Fault(string text)
    {
        if (text.Length is 0 or > 2000)
        {
            return "A URL has 1 to 2000 characters.";
        }

        if (text.AsSpan().IndexOfAnyInRange('\0', ' ') >= 0 || text.AsSpan().ContainsAny('\\', '\u007f'))
        {
            return "A URL has no blanks, control characters or backslashes.";
        }

        var rest = text.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? text.AsSpan(8)
            : text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? text.AsSpan(7)
            : [];
        if (rest.IsEmpty)
        {
            return "The URL must begin with https:// or http://.";
        }

        var end = rest.IndexOfAny('/', '?', '#');
        var authority = end < 0 ? rest : rest[..end];
        if (authority.Contains('@'))
        {
            return "The URL must not carry a user or a password; use the setting for the token or secret.";
        }

        var colon = authority.LastIndexOf(':');
        var host = colon > authority.LastIndexOf(']') ? authority[..colon] : authority;
        if (HostFault(host.ToString()) is { } fault)
        {
            return fault;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Port is > 0 and <= 65535
            ? null
            : "This is not a URL; write for example https://hooks.example.com/path.";
    }

    /// <summary>What is wrong with a host name or address in its textual form (IPv6 in brackets); null if nothing is.</summary>
    public static string? HostFault(string host)
    {
        if (host.StartsWith('['))
        {
            return host.EndsWith(']') && !host.Contains('%', StringComparison.Ordinal)
                && IPAddress.TryParse(host.AsSpan(1, host.Length - 2), out var six) && six.AddressFamily == AddressFamily.InterNetworkV6
                ? null
                : "The address in brackets is not an IPv6 address without a zone.";
        }

        var name = host.EndsWith('.') ? host.AsSpan(0, host.Length - 1) : host;
        if (name.Length is 0 or > 253)
        {
            return "The URL names no host.";
        }

        foreach (var label in name.Split('.'))
        {
            if (name[label].Length is 0 or > 63 || name[label].IndexOfAnyExcept(HostCharacters) >= 0)
            {
                return "The host is not a plain name: letters, digits, hyphens and dots (write international names as xn--…).";
            }
        }

        // A last label that is a number makes the whole an IPv4 address, in one of many spellings: only the usual one is taken.
        var last = name[(name.LastIndexOf('.') + 1)..];
        var numeric = last.IndexOfAnyExceptInRange('0', '9') < 0 || last.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return !numeric || (IPAddress.TryParse(name, out var four) && name.SequenceEqual(four.ToString()))
            ? null
            : "Write an IPv4 address as four decimal numbers, such as 192.0.2.7.";
    }

    private static readonly System.Buffers.SearchValues<char> HostCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
}
