using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Operations;

namespace Tocsin.Hosting;

/// <summary>Runs the server until it is told to stop, and turns what keeps it from starting into words and an exit code.</summary>
public static class TocsinServer
{
    private const int Ok = 0;
    private const int Failed = 1;
    private const int ConfigurationInvalid = 5;
    private const int DatabaseTooNew = 6;

    /// <returns>0 after an orderly stop; 1: could not start; 5: the configuration is wrong, all faults were written; 6: the database is newer.</returns>
    public static async Task<int> RunAsync(ServeSettings settings, TextWriter output, TextWriter errors, CancellationToken ct)
    {
        try
        {
            await using var app = await TocsinHost.BuildAsync(settings, configure: null, ct);
            if (!await StartAsync(app, ct))
            {
                return Ok;
            }

            await GreetAsync(app, output, ct);
            await app.WaitForShutdownAsync(ct);
            return Ok;
        }
        catch (OptionsValidationException e)
        {
            await SayAsync(errors, "The settings are wrong:", e.Failures);
            return ConfigurationInvalid;
        }
        catch (AggregateException e) when (e.InnerExceptions.All(inner => inner is OptionsValidationException))
        {
            await SayAsync(errors, "The settings are wrong:", e.InnerExceptions.OfType<OptionsValidationException>().SelectMany(o => o.Failures));
            return ConfigurationInvalid;
        }
        catch (EstateFaultyException e)
        {
            await SayAsync(errors, "The estate is wrong; nothing was changed:", e.Message.TrimEnd().Split('\n'));
            return ConfigurationInvalid;
        }
        catch (SchemaTooNewException e)
        {
            await errors.WriteLineAsync($"error: {e.Message}");
            return DatabaseTooNew;
        }
        catch (Exception e) when (e is StoreUnavailableException or IOException)
        {
            await errors.WriteLineAsync($"error: {e.Message}");
            if (e.InnerException is AddressInUseException)
            {
                await errors.WriteLineAsync("hint: another program listens there; give another address with --urls");
            }

            return Failed;
        }
    }

    /// <returns>False: it was told to stop before it had started, which is an orderly stop too.</returns>
    public static async Task<bool> StartAsync(WebApplication app, CancellationToken ct)
    {
        try
        {
            await app.StartAsync(ct);
            return true;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested || app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task GreetAsync(WebApplication app, TextWriter output, CancellationToken ct)
    {
        var options = app.Services.GetRequiredService<IOptions<ServerOptions>>().Value;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        await output.WriteLineAsync($"Tocsin {BuildInfo.Version} ({app.Services.GetRequiredService<Database>().Description}), data in {Path.GetFullPath(options.Data)}");
        if (options.Answers && await app.Services.GetRequiredService<Setup>().SetupLinkAsync(ct) is { } link)
        {
            await output.WriteLineAsync($"Nobody can log in yet. Open this link once, within a day: {options.PublicBase}/setup/{link}");
        }

        foreach (var address in addresses)
        {
            await output.WriteLineAsync($"Now listening on: {address}");
        }

        await output.FlushAsync(ct);
    }

    private static async Task SayAsync(TextWriter errors, string headline, IEnumerable<string> faults)
    {
        await errors.WriteLineAsync($"error: {headline}");
        foreach (var fault in faults)
        {
            await errors.WriteLineAsync($"  {fault}");
        }
    }
}
