using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tocsin.Hosting;

internal static class TlsSetup
{
    /// <summary>Lets <c>https://</c> addresses speak TLS with the operator's certificate. Without one nothing is added.</summary>
    public static void AddTls(this WebApplicationBuilder builder)
    {
        var options = builder.Configuration.GetSection("Server:Tls").Get<TlsOptions>() ?? new();
        if (!options.IsOn)
        {
            return;
        }

        // Made by a factory, so that it is let go with the services.
        var certificate = new TlsCertificate(options);
        builder.Services.AddSingleton(_ => certificate).AddSingleton<TlsWatch>().AddHostedService(provider => provider.GetRequiredService<TlsWatch>());
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https =>
        {
            https.ServerCertificateSelector = (_, _) => certificate.Leaf;
            https.OnAuthenticate = (_, ssl) => certificate.Apply(ssl);
        }));
    }
}

/// <summary>Looks every 10 s whether the files of the certificate changed, and says in good time when it ends.</summary>
internal sealed class TlsWatch(TlsCertificate certificate, TimeProvider clock, ILogger<TlsWatch> logger) : RepeatedWork(_every, clock)
{
    /// <summary>Whoever renews by a program does so earlier.</summary>
    public static readonly TimeSpan Short = TimeSpan.FromDays(14);

    private static readonly TimeSpan _every = TimeSpan.FromSeconds(10);

    private DateOnly _said;
    private string? _fault;

    public override Task TurnAsync(CancellationToken ct)
    {
        try
        {
            if (certificate.Refresh())
            {
                logger.CertificateChanged(certificate.Leaf.Subject, certificate.EndsAt);
                _said = default;
            }

            _fault = null;
        }
        catch (TlsCertificateException e) when (e.Message == _fault)
        {
            // It was said once; files are often written one after the other.
        }
        catch (TlsCertificateException e)
        {
            logger.CertificateStays(_fault = e.Message);
        }

        var (now, end) = (Clock.GetUtcNow(), certificate.EndsAt);
        if (end - now < Short && _said != DateOnly.FromDateTime(now.UtcDateTime))
        {
            _said = DateOnly.FromDateTime(now.UtcDateTime);
            logger.CertificateEnds(end);
        }

        return Task.CompletedTask;
    }

    protected override void Waits(string reason)
    {
        // It asks no store.
    }

    protected override void Broke(Exception bug) => logger.WatchBroke(bug);
}

internal static partial class TlsLog
{
    [LoggerMessage(2081, LogLevel.Information, "New connections get the new certificate of {Subject}, good until {End:yyyy-MM-dd HH:mm} UTC")]
    public static partial void CertificateChanged(this ILogger logger, string subject, DateTimeOffset end);

    [LoggerMessage(2082, LogLevel.Warning, "The files of the certificate changed and cannot be used, so the one before stays: Server:Tls:CertificateFile {Reason}")]
    public static partial void CertificateStays(this ILogger logger, string reason);

    [LoggerMessage(2083, LogLevel.Warning, "The certificate ends at {End:yyyy-MM-dd HH:mm} UTC; browsers and senders refuse it from then on")]
    public static partial void CertificateEnds(this ILogger logger, DateTimeOffset end);

    [LoggerMessage(2084, LogLevel.Error, "Looking at the certificate's files met a bug; it is tried again in 10 s")]
    public static partial void WatchBroke(this ILogger logger, Exception e);
}
