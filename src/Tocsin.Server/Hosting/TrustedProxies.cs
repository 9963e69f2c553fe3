using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using IPNetwork = System.Net.IPNetwork;

namespace Tocsin.Hosting;

/// <summary>
/// Who is believed when he says for whom he asks: X-Forwarded-For, -Proto and -Host count only from the proxies that the operator names. From
/// everybody else they are what a stranger wrote.
/// </summary>
internal static class TrustedProxies
{
    /// <param name="text">Addresses and networks, such as <c>10.0.0.2, 172.16.0.0/12, fd00::/8</c>.</param>
    /// <param name="fault">The first that is none of these; null: all are.</param>
    public static IReadOnlyList<IPNetwork> Parse(string text, out string? fault)
    {
        List<IPNetwork> networks = [];
        fault = null;
        foreach (var entry in text.Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (IPAddress.TryParse(entry, out var address))
            {
                networks.Add(new(address, address.GetAddressBytes().Length * 8));
            }
            else if (IPNetwork.TryParse(entry, out var network))
            {
                networks.Add(network);
            }
            else
            {
                fault ??= entry;
            }
        }

        return networks;
    }

    /// <summary>Comes first: scheme, host and address are right for everything behind it.</summary>
    public static void UseTrustedProxies(this IApplicationBuilder app, string trusted)
    {
        var networks = Parse(trusted, out _);
        if (networks.Count == 0)
        {
            WarnOnce(app);
            return;
        }

        // As far as the proxies are known, each says who came to it; the first that is unknown is the client.
        ForwardedHeadersOptions options = new() { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost, ForwardLimit = null };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in networks)
        {
            options.KnownIPNetworks.Add(network);
        }

        app.UseForwardedHeaders(options);
    }

    /// <summary>Behind a proxy that nobody named, all people share one address: that is worth a line.</summary>
    private static void WarnOnce(IApplicationBuilder app)
    {
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(TrustedProxies));
        var said = 0;
        app.Use((context, next) =>
        {
            if (said == 0 && context.Request.Headers.ContainsKey("X-Forwarded-For") && Interlocked.Exchange(ref said, 1) == 0)
            {
                logger.ProxyNotTrusted(context.Connection.RemoteIpAddress?.ToString() ?? "a socket");
            }

            return next(context);
        });
    }
}

internal static partial class TrustedProxiesLog
{
    [LoggerMessage(2072, LogLevel.Warning, "{Address} says for whom it asks (X-Forwarded-For) and is not believed: its clients count as one. If it is your proxy, name it in Server:TrustedProxies")]
    public static partial void ProxyNotTrusted(this ILogger logger, string address);
}
