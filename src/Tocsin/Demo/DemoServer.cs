using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tocsin.Alerts;
using Tocsin.Cli;
using Tocsin.Data;
using Tocsin.Demo.Faults;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.Telemetry;
using Tocsin.Workspaces;

namespace Tocsin.Demo;

/// <summary>The server with a week behind it and a fake world around it.</summary>
internal static class DemoServer
{
    private const string VisitorEmail = "ana@shop.example";
    private const string Visitor = "ana";

    /// <exception cref="CliException">The folder holds a real installation.</exception>
    public static async Task<int> RunAsync(ServeSettings settings, Terminal terminal, CancellationToken ct)
    {
        var clock = new DemoClock(TimeProvider.System.GetUtcNow() - DemoStory.Length);
        await using var phones = await DemoPhones.StartAsync(clock, ct);
        var folder = Directory.CreateTempSubdirectory("tocsin-demo-");
        var estate = Path.Combine(folder.FullName, "demo.yaml");
        try
        {
            settings = settings with { Estate = estate };
            await PrepareAsync(settings, estate, phones, clock, terminal, ct);
            clock.GoLive();
            await using var app = await TocsinHost.BuildAsync(settings, builder => builder.Configuration.AddInMemoryCollection(phones.Settings), ct);
            return await ServeAsync(app, phones, terminal, ct);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Writes the estate, and at the first start the week before it.</summary>
    private static async Task PrepareAsync(ServeSettings settings, string estate, DemoPhones phones, DemoClock clock, Terminal terminal, CancellationToken ct)
    {
        await using (var empty = await TocsinHost.BuildAsync(settings with { Estate = "" }, null, ct))
        {
            var database = empty.Services.GetRequiredService<Database>();
            var sample = empty.Services.GetRequiredService<SampleData>();
            await RefuseRealAsync(database, sample, ct);
            var seed = await empty.Services.GetRequiredService<Installation>().LinkSecretAsync(ct);
            await File.WriteAllTextAsync(estate, DemoEstate.Text(phones, seed), ct);
            if (sample.IsHere && await IsToldAsync(database, ct))
            {
                return;
            }

            // A start that was cut short leaves half a week; it is marked from its first row, so that it can go.
            await sample.RemoveAsync("system", ct);
            await sample.MarkAsync((await database.ReadAsync(empty.Services.GetRequiredService<WorkspaceStore>().ListAsync, ct)).Single().Id, ct);
        }

        terminal.Out.WriteLine("Making a week of history …");
        await using var past = await TocsinHost.BuildAsync(
            settings,
            builder =>
            {
                builder.Configuration.AddInMemoryCollection(phones.Settings);
                builder.Logging.SetMinimumLevel(LogLevel.Error);
                builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock));
            },
            ct);
        await TellAsync(past.Services, clock, ct);
    }

    private static async Task TellAsync(IServiceProvider services, DemoClock clock, CancellationToken ct)
    {
        var database = services.GetRequiredService<Database>();
        var workspace = (await database.ReadAsync(services.GetRequiredService<WorkspaceStore>().ListAsync, ct)).Single().Id;
        var batcher = services.GetRequiredService<IngestBatcher>();
        await batcher.StartAsync(ct);
        await ActivatorUtilities.CreateInstance<DemoHistory>(services, clock)
            .TellAsync(DemoStory.Week, workspace, TimeProvider.System.GetUtcNow(), ct);
        await batcher.StopAsync(ct);

        // The last thing, by which a whole week is known. Nobody knows this password: the demo is entered by its own door.
        var setup = services.GetRequiredService<Setup>();
        await setup.SetUpAsync((await setup.SetupLinkAsync(ct))!, VisitorEmail, Visitor, Convert.ToHexString(RandomNumberGenerator.GetBytes(32)), new(LoginFacts.Web, "demo", "", ""), ct);
    }

    private static Task<bool> IsToldAsync(Database database, CancellationToken ct) =>
        database.ReadAsync(async session => await session.ScalarAsync("SELECT COUNT(*) FROM member") > 0, ct);

    private static async Task RefuseRealAsync(Database database, SampleData sample, CancellationToken ct)
    {
        if (await sample.LookAsync(ct) is not null)
        {
            return;
        }

        var used = await database.ReadAsync(
            session => session.ScalarAsync("SELECT (SELECT COUNT(*) FROM member) + (SELECT COUNT(*) FROM estate_object) + (SELECT COUNT(*) FROM delivery)"), ct);
        if (used > 0)
        {
            throw new CliException(ExitCode.Refused, "there is a real installation here, and the demo would mix with it", "give the demo a folder of its own with --data");
        }
    }

    private static async Task<int> ServeAsync(WebApplication app, DemoPhones phones, Terminal terminal, CancellationToken ct)
    {
        var database = app.Services.GetRequiredService<Database>();
        var sample = app.Services.GetRequiredService<SampleData>();
        var workspace = (await sample.LookAsync(ct))!.Value;
        sample.Phones = phones.Pagers.Url;
        var door = new DemoDoor(database, app.Services.GetRequiredService<AccountStore>(), sample, app.Services.GetRequiredService<TimeProvider>(), workspace);
        door.Map(app);
        app.MapMock();
        if (!await TocsinServer.StartAsync(app, ct))
        {
            return ExitCode.Ok;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct, sample.Removed, app.Lifetime.ApplicationStopping);
        var life = new DemoLife(
            database, app.Services.GetRequiredService<IEstates>(), app.Services.GetRequiredService<AlertReceiver>(),
            app.Services.GetRequiredService<IncidentStore>(), app.Services.GetRequiredService<IncidentDesk>(), workspace).RunAsync(ending.Token);
        await new DemoTelemetry(
            app.Services.GetRequiredService<LogIntake>(), app.Services.GetRequiredService<MetricIntake>(), app.Services.GetRequiredService<TemplateStore>(),
            app.Services.GetRequiredService<TimeProvider>(), workspace).TellAsync(ending.Token);
        var url = app.Urls.First();
        terminal.Out.WriteLine("This is a demo: sample data, fake phones, nobody is woken.");
        terminal.Out.WriteLine($"Look around: {url}{door.Path}");
        terminal.Out.WriteLine($"The phones:  {string.Join("  ", phones.Looks.Select(look => $"{look.Name} {look.Url}"))}");
        terminal.Out.WriteLine("Remove it:   the button at the top of each page, which then sets Tocsin up for real");
        terminal.Out.WriteLine($"Now listening on: {url}");
        await terminal.Out.FlushAsync(ct);
        await app.WaitForShutdownAsync(ct);
        await ending.CancelAsync();
        await life;
        return ExitCode.Ok;
    }
}
