using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Tocsin.Audit;

/// <summary>
/// Where the request came from that is being worked on. A transaction takes it along when it is begun, so that whoever writes into the audit need not
/// be told; background work has none.
/// </summary>
internal static class RequestOrigin
{
    private static readonly AsyncLocal<IPAddress?> _current = new();

    public static IPAddress? Current
    {
        get => _current.Value;
        set => _current.Value = value;
    }

    /// <summary>As it is stored: an IPv4 address that came over IPv6 in its own form; empty: none.</summary>
    public static string TextOf(IPAddress? address) => address switch
    {
        null => "",
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        _ => address.ToString(),
    };

    /// <summary>Comes after what knows of proxies, and after the routes that take alerts in: those write nothing into the audit.</summary>
    public static void UseRequestOrigin(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        Current = context.Connection.RemoteIpAddress;
        return next(context);
    });
}
