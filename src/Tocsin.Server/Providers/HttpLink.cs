using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>Addresses that came from outside and that people will click.</summary>
internal static class HttpLink
{
    private const int MaxLength = 2048;

    /// <summary>Nobody reads more at night.</summary>
    private const int MostLinks = 32;

    /// <summary>Adds a link if the address is http or https with a host and not yet there, up to 32. Anything else is left out.</summary>
    public static void Add(ref List<Link>? links, string text, string? address)
    {
        if (address is null || !IsHttp(address))
        {
            return;
        }

        links ??= new(4);
        if (links.Count == MostLinks)
        {
            return;
        }

        foreach (var link in links)
        {
            if (string.Equals(link.Href, address, StringComparison.Ordinal))
            {
                return;
            }
        }

        links.Add(new(text, address));
    }

    public static bool IsHttps(string address) => address.StartsWith("https://", StringComparison.OrdinalIgnoreCase) && IsHttp(address);

    /// <summary>Whether a browser would go to a web address: http or https, a host, no blanks or control characters, at most 2 048 characters.</summary>
    public static bool IsHttp(string address)
    {
        var rest = address.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? address.AsSpan(8)
            : address.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? address.AsSpan(7)
            : default;
        if (rest.IsEmpty || rest[0] is '/' or '?' or '#' or '\\' or ':' || address.Length > MaxLength)
        {
            return false;
        }

        foreach (var c in rest)
        {
            if (c <= ' ' || c == '\u007F')
            {
                return false;
            }
        }

        return true;
    }
}
