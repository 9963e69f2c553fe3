using System.Net;
using System.Net.Http;
using System.Security.Cryptography.X509Certificates;
using Tocsin.Cli;
using Tocsin.Hosting;

namespace Tocsin.Doctor;

/// <summary>Where the server listens, under which address people know it, and whether it answers.</summary>
internal static class AddressChecks
{
    public static Finding Listening(ServerOptions options)
    {
        var open = Urls(options).FirstOrDefault(url => url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && !IsLoopback(url));
        return open is null
            ? Finding.Ok("listening", string.Join(", ", Urls(options)))
            : Finding.Warning(
                "listening", $"{open} is open to other machines without TLS: keys and passwords travel in clear",
                "listen on 127.0.0.1 behind a proxy that speaks https, or on https:// with a certificate (Server:Tls:CertificateFile)");
    }

    /// <summary>The certificate of our own, where there is one: that it lasts, and is for the name by which people come.</summary>
    public static Finding Certificate(X509Certificate2 certificate, ServerOptions options, DateTimeOffset now)
    {
        const string fix = "renew it; its files are read again without a restart";
        DateTimeOffset begins = new(certificate.NotBefore.ToUniversalTime()), ends = new(certificate.NotAfter.ToUniversalTime());
        var host = new Uri(options.PublicBase.Replace("//*", "//localhost", StringComparison.Ordinal).Replace("//+", "//localhost", StringComparison.Ordinal)).IdnHost;
        return ends <= now ? Finding.Problem("certificate", $"it ended at {ends:yyyy-MM-dd HH:mm} UTC: nobody can come in", fix)
            : begins > now ? Finding.Problem("certificate", $"it is good from {begins:yyyy-MM-dd HH:mm} UTC on, not yet", "set the machine's clock, or make another one")
            : ends - now < TlsWatch.Short ? Finding.Warning("certificate", $"it ends at {ends:yyyy-MM-dd HH:mm} UTC", fix)
            : !certificate.MatchesHostname(host) ? Finding.Warning("certificate", $"it is not for {host}, by which people come", "make one for that name, or set Server:PublicUrl to a name that it is for")
            : Finding.Ok("certificate", $"for {host}, {Words.Count((long)(ends - now).TotalDays, "day")} left");
    }

    /// <summary>A server need not run for a look at its parts; one that runs must be ready.</summary>
    /// <param name="certificate">By which it is known over https; null: it has none of its own.</param>
    public static async Task<Finding> ServerAsync(ServerOptions options, X509Certificate2? certificate, CancellationToken ct)
    {
        var url = Urls(options)[0].Replace("://0.0.0.0", "://127.0.0.1", StringComparison.Ordinal).Replace("://[::]", "://127.0.0.1", StringComparison.Ordinal)
            .Replace("://*", "://127.0.0.1", StringComparison.Ordinal).Replace("://+", "://127.0.0.1", StringComparison.Ordinal);
        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };

        // Asked by an address that its name need not fit, it is known by the very certificate.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown is X509Certificate2 its && its.RawDataMemory.Span.SequenceEqual(certificate is null ? default : certificate.RawDataMemory.Span);
        using var http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            using var response = await http.GetAsync(new Uri(new Uri(url), "/readyz"), ct);
            return response.StatusCode switch
            {
                HttpStatusCode.OK => Finding.Ok("server", $"{url} is ready"),
                HttpStatusCode.ServiceUnavailable => Finding.Problem("server", $"{url} runs and is not ready", "look at its log; it says what it waits for"),
                var other => Finding.Warning("server", $"{url} answers {(int)other}: is that another program?", "say with Server:Urls where the server listens"),
            };
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            return Finding.Ok("server", $"none runs at {url}");
        }
    }

    private static string[] Urls(ServerOptions options) =>
        options.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static bool IsLoopback(string url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.IsLoopback;
}
