using System.Buffers;

namespace Tocsin.Outgoing;

/// <summary>Mail addresses in the plain form that every server takes; nothing that could end a command or a header.</summary>
internal static class MailBox
{
    private static readonly SearchValues<char> LocalCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~.");

    /// <summary>What is wrong with <c>local@domain</c> as one sentence; null if nothing is.</summary>
    public static string? Fault(string address)
    {
        var at = address.LastIndexOf('@');
        if (at < 1 || at == address.Length - 1)
        {
            return "A mail address has the form name@example.com.";
        }

        var local = address.AsSpan(0, at);
        if (local.Length > 64 || local.IndexOfAnyExcept(LocalCharacters) >= 0 || local.StartsWith('.') || local.EndsWith('.') || local.Contains("..", StringComparison.Ordinal))
        {
            return "The part before the @ has letters, digits and .!#$%&'*+-/=?^_`{|}~ only, at most 64 of them.";
        }

        var domain = address[(at + 1)..];
        return domain.StartsWith('[') || OutgoingUrl.HostFault(domain) is not null
            ? "The part after the @ is not a domain name (write international names as xn--…)."
            : null;
    }

    public static string Domain(string address) => address[(address.LastIndexOf('@') + 1)..].ToLowerInvariant();
}
