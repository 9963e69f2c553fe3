using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tocsin.Cli;
using Tocsin.Data;
using Tocsin.Doctor;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Identity.Oidc;
using Tocsin.Issues;
using Tocsin.Operations;
using Tocsin.Outgoing;
using Tocsin.Providers;
using Tocsin.Streams.Backplanes;

namespace Tocsin.Verbs;

/// <summary>Looks at everything that paging depends on, changes nothing, and says for each fault what to do.</summary>
internal static class DoctorVerb
{
    public static Command Create(Terminal terminal)
    {
        var store = new LocalStore();
        var json = new Option<bool>("--json") { Description = "Print the findings as JSON" };
        var verb = new Command("doctor", "Check everything that paging depends on; changes and sends nothing") { json, store.Data, store.Database };
        verb.SetAction(async (parse, ct) =>
        {
            var findings = await RunAsync(store.Settings(parse), terminal.Time, ct);
            if (parse.GetValue(json))
            {
                JsonOutput.Write(terminal.Out, new(findings), DoctorJson.Default.Findings);
            }
            else
            {
                Write(terminal, findings);
            }

            return findings.Any(finding => finding.Verdict == Verdict.Problem) ? ExitCode.CheckFailed : ExitCode.Ok;
        });
        return verb;
    }

    private static async Task<List<Finding>> RunAsync(ConfigurationManager settings, TimeProvider time, CancellationToken ct)
    {
        if (SettingsFaults.Find(settings) is { Count: > 0 } faults)
        {
            return [.. faults.Select(fault => Finding.Problem("settings", fault, "mend it; the server does not start with it"))];
        }

        var location = LocalStore.Find(settings);
        await using var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(settings)
            .AddLogging()
            .AddSettings()
            .AddOutgoing()
            .AddProviders()
            .AddSingleton<EstateProviders>()
            .AddSingleton<OidcProvider>()
            .BuildServiceProvider();
        var options = services.GetRequiredService<IOptions<ServerOptions>>().Value;
        var tls = services.GetRequiredService<IOptions<TlsOptions>>().Value;
        using var certificate = tls.IsOn ? new TlsCertificate(tls) : null;
        List<Finding> findings =
        [
            Finding.Ok("settings", "all are valid"),
            MachineChecks.Folder(location.Folder),
            MachineChecks.Disk(location.Folder),
            MachineChecks.TimeZones(time.GetUtcNow()),
            AddressChecks.Listening(options),
            SettingsChecks.PublicUrl(options),
            .. certificate is null ? (Finding[])[] : [AddressChecks.Certificate(certificate.Leaf, options, time.GetUtcNow())],
            await AddressChecks.ServerAsync(options, certificate?.Leaf, ct),
            await SingleSignOnChecks.RunAsync(services.GetRequiredService<IOptions<OidcOptions>>().Value, services.GetRequiredService<OidcProvider>(), options, ct),
        ];
        findings.AddRange(SettingsChecks.OfSecurity(
            settings, services.GetRequiredService<IOptions<AccountOptions>>().Value, services.GetRequiredService<IOptions<KeyOptions>>().Value,
            services.GetRequiredService<IOptions<SecretOptions>>().Value));
        findings.AddRange(SecurityChecks.OfConnections(ClearConnections.Find(
            options, services.GetRequiredService<IOptions<BackplaneOptions>>().Value, services.GetRequiredService<IOptions<SmtpOptions>>().Value,
            services.GetRequiredService<IOptions<OtlpOptions>>().Value, services.GetRequiredService<IOptions<AccountOptions>>().Value,
            services.GetRequiredService<IOptions<GitHubOptions>>().Value)));
        findings.AddRange(await StoreAsync(services, location, time, ct));
        return findings;
    }

    private static async Task<IReadOnlyList<Finding>> StoreAsync(ServiceProvider services, StoreLocation location, TimeProvider time, CancellationToken ct)
    {
        try
        {
            if (await location.SchemaAsync(ct) is not { } schema)
            {
                return [Finding.Ok("database", $"there is none yet in {location.Description}; the first start makes it")];
            }

            await using var database = location.Open();
            List<Finding> findings = [.. await StoreChecks.RunAsync(database, schema, time, ct)];
            if (schema != Schema.Version)
            {
                return findings;
            }

            findings.Add(await BackplaneChecks.RunAsync(
                services.GetRequiredService<IOptions<BackplaneOptions>>().Value, services.GetRequiredService<IOptions<ServerOptions>>().Value, database, time, ct));
            findings.AddRange(await SecurityChecks.OfStoreAsync(database, time.GetUtcNow(), ct));
            var providers = services.GetRequiredService<EstateProviders>();
            var box = await SecretKeys.FindAsync(database, services.GetRequiredService<IOptions<SecretOptions>>().Value.Boxes(), ct);
            var (models, estate) = await new EstateChecks(providers, box).RunAsync(database, time.GetUtcNow(), ct);
            findings.AddRange(estate);
            findings.AddRange(await new DeviceChecks(providers).RunAsync(database, models, ct));
            findings.AddRange(await CalendarChecks.RunAsync(database, models, time.GetUtcNow(), ct));
            var reach = new ReachChecks(services.GetRequiredService<OutgoingConnector>(), providers, services.GetRequiredService<IOptions<SmtpOptions>>().Value);
            findings.Add(await reach.MailAsync(models, ct));
            findings.AddRange(await GitHubChecks.RunAsync(services, models, time, ct));
            foreach (var model in models)
            {
                findings.AddRange(await reach.MethodsAsync(model, ct));
                findings.AddRange(await ProofChecks.RunAsync(database, services.GetRequiredService<NotifierRegistry>(), model, time.GetUtcNow(), ct));
            }

            return findings;
        }
        catch (OptionsValidationException e)
        {
            return [Finding.Problem("secrets", e.Message, "name the key that this database was used with; without it no server starts")];
        }
        catch (StoreUnavailableException e)
        {
            return [Finding.Problem("database", e.Message, location.PostgresAddress is null
                ? "if the file is damaged, stop the server and put a backup in place with `tocsin restore`; keep the damaged folder"
                : "start it, or say with --database where it is")];
        }
    }

    private static void Write(Terminal terminal, List<Finding> findings)
    {
        foreach (var finding in findings)
        {
            var mark = finding.Verdict switch
            {
                Verdict.Ok => new Cell("✓ ok     ", Tone.Green),
                Verdict.Warning => new Cell("! warning", Tone.Yellow),
                _ => new Cell("✗ problem", Tone.Red),
            };
            terminal.Out.WriteLine($"{terminal.Paint(mark)}  {Plain.Line(finding.Check)}: {Plain.Line(finding.Text)}");
            if (finding.Fix is { } fix)
            {
                terminal.Out.WriteLine($"           → {Plain.Line(fix)}");
            }
        }

        var (problems, warnings) = (findings.Count(f => f.Verdict == Verdict.Problem), findings.Count(f => f.Verdict == Verdict.Warning));
        terminal.Out.WriteLine();
        terminal.Out.WriteLine($"{Words.Count(problems, "problem")}, {Words.Count(warnings, "warning")}");
    }
}
