using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Tocsin.Alerts;
using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Devices;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.Issues;
using Tocsin.Jobs;
using Tocsin.Notify;
using Tocsin.Operations;
using Tocsin.OnCall;
using Tocsin.Outgoing;
using Tocsin.Pages;
using Tocsin.Providers;
using Tocsin.Reports;
using Tocsin.Routing;
using Tocsin.Sdk;
using Tocsin.Streams;
using Tocsin.Streams.Backplanes;
using Tocsin.Telemetry;
using Tocsin.Workspaces;

namespace Tocsin.Hosting;

/// <summary>The server as one object: built by <c>tocsin serve</c> and by tests alike.</summary>
public static class TocsinHost
{
    /// <summary>Builds the server and opens its store: migrated, with a workspace, its estate applied. It does not listen yet.</summary>
    /// <param name="configure">A last word on services and configuration, for tests.</param>
    /// <exception cref="OptionsValidationException">Settings are wrong; the message names all faults.</exception>
    /// <exception cref="SchemaTooNewException">The store belongs to a newer version.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot be opened.</exception>
    public static async Task<WebApplication> BuildAsync(ServeSettings settings, Action<WebApplicationBuilder>? configure, CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        ServerConfiguration.Add(builder.Configuration, settings);
        builder.Logging.ClearProviders();
        builder.Logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        builder.Logging.AddConsoleFormatter<JsonLineFormatter, ConsoleFormatterOptions>();
        builder.Logging.AddConsole(console => console.FormatterName = LogFormats.FormatterOf(builder.Configuration));
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("System", LogLevel.Warning).AddFilter("Tocsin.Identity.TocsinAuthentication", LogLevel.Warning);
        // What keeps it from starting is said in words by whoever starts it; a service that fails later is critical.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        AddServices(builder.Services);
        configure?.Invoke(builder);
        QueryToken.KeepOutOfLog(builder.Services);

        SettingsFaults.Demand(builder.Configuration);
        var options = builder.Configuration.GetSection("Server").Get<ServerOptions>() ?? new();
        builder.WebHost.UseUrls(options.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 64 * 1024 * 1024;
            kestrel.Limits.SetRequestEdge();
            kestrel.Limits.MaxConcurrentConnections = 20_000;
        });
        builder.AddTls();
        var store = await OpenStoreAsync(builder.Services, options, builder.Configuration.GetSection("Secrets").Get<SecretOptions>() ?? new(),
            builder.Configuration.GetSection("Backplane").Get<BackplaneOptions>() ?? new(), ct);
        AddHostedServices(builder.Services, options);
        var app = builder.Build();
        await PrepareAsync(app, store, options, ct);
        MapAll(app, options);
        return app;
    }

    private static void AddServices(IServiceCollection services)
    {
        services.AddSingleton(_ => new SteadyClock(TimeProvider.System, MachineMoment.ThisBoot)).AddSingleton<TimeProvider>(provider => provider.GetRequiredService<SteadyClock>());
        services.AddSettings();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(13));

        services.AddCors().AddSingleton<RateLimits>();
        services.AddSingleton<OtlpExport>().AddSingleton<Installation>().AddSingleton<Readiness>().AddSingleton<Gauges>().AddSingleton<PrometheusText>();
        services.AddAudit();
        services.AddSingleton<WorkspaceStore>().AddSingleton<SampleData>().AddSingleton<ChangeSignal>().AddSingleton<EventLog>().AddSingleton<LiveStream>().AddSingleton<StreamGuard>();
        services.AddSingleton<AlertServer>().AddSingleton<AlertServerStart>().AddSingleton<SourceDesk>().AddSingleton<PayloadTrial>().AddSingleton<SnsDesk>().AddSingleton<SnsCertificates>().AddSingleton<HeartbeatDesk>().AddSingleton<ContactTester>().AddSingleton<AlertmanagerReader>();
        services.AddSingleton(provider => new RowMemory(soleWriter: !provider.GetRequiredService<Database>().Dialect.IsPostgres)).AddSingleton<AlertStore>();
        services.AddSingleton<AlertSearch>().AddSingleton<DeliveryStore>().AddSingleton<SourceStore>().AddSingleton<AlertIntake>().AddSingleton<AlertReceiver>();
        services.AddSingleton<IncidentStore>().AddSingleton<TurnStore>().AddSingleton<IncidentFlow>().AddSingleton<IncidentDesk>().AddSingleton<IncidentViews>();
        services.AddSingleton<Breaker>().AddSingleton<SelfAlarm>();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<PagingOptions>>().Value);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<SilenceOptions>>().Value);
        services.AddSingleton<PageStore>().AddSingleton<ContactProofs>().AddSingleton<SelfTests>().AddSingleton<SelfTestDesk>().AddSingleton<PagePlanner>().AddSingleton<PageDesk>().AddSingleton<DeliveryReports>().AddSingleton<NotifyDesk>().AddSingleton<MessageWriter>().AddSingleton<ReplyStore>().AddSingleton<ReplyDesk>();
        services.AddSingleton<SilenceStore>().AddSingleton<SilenceDesk>().AddSingleton<InhibitionStore>().AddSingleton<Mutes>().AddSingleton<MuteParts>().AddSingleton<SilenceGuard>().AddSingleton<SilenceLinks>().AddSingleton<Explainer>().AddSingleton<AbsenceExplainer>().AddSingleton<ExplainDesk>();
        services.AddSingleton<LinkDesk>().AddSingleton<SlackEnvelopes>().AddSingleton<TelegramHooks>().AddSingleton<TelegramAnswers>();
        services.AddOnCall();
        services.AddSingleton<ReportStore>().AddSingleton<ReportDesk>();
        services.AddTelemetryIngest();
        services.AddIssues();
        services.AddReview().AddAssistant();
        services.AddDetection();
        services.AddMetricStores();
        services.AddLogs();
        services.AddProviders();
        services.AddDevices();
        services.AddScanned<IJobHandler>();
        services.AddSingleton(provider => new JobStore(
            provider.GetRequiredService<Database>().Dialect, provider.GetRequiredService<IOptions<JobOptions>>().Value.Lease));
        services.AddSingleton(provider => new JobRunner(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<JobStore>(), provider.GetServices<IJobHandler>(),
            provider.GetRequiredService<IOptions<JobOptions>>().Value, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<JobRunner>>())
        {
            Node = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N}",
        });
        services.AddSingleton<JobService>();

        services.AddOutgoing();
        services.AddIdentity();
        services.AddEstate();
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict;
            json.SerializerOptions.PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, WireJson.Default);
        });
        services.Configure<Microsoft.AspNetCore.Routing.RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);
        services.AddApiDescription();
        services.AddPages();
    }

    /// <summary>What runs beside requests. They stop in the opposite order: intake first, so that jobs are handed back last.</summary>
    private static void AddHostedServices(IServiceCollection services, ServerOptions options)
    {
        AddHosted<AuditKeeper>(services);
        if (options.Works)
        {
            AddHosted<JobService>(services);
            AddHosted<AlertExpiry>(services);
            AddHosted<MuteWatch>(services);
            AddHosted<OnCallWatch>(services);
            AddHosted<DutyTeller>(services);
            AddHosted<CalendarPoller>(services);
            AddHosted<ReachTeller>(services);
            AddHosted<SelfTestWatch>(services);
            AddHosted<SourceWatch>(services);
            AddHosted<RejectedWatch>(services);
            AddHosted<DetectorRunner>(services);
            AddHosted<Retention>(services);
            AddHosted<LogMerger>(services);
            AddHosted<SlackSockets>(services);
            AddHosted<TelegramBots>(services);
            AddHosted<SqsQueues>(services);
            AddHosted<ReviewWatch>(services);
            AddHosted<MetricPacker>(services);
            AddHosted<MetricKeeper>(services);
            AddHosted<QueueDepths>(services);
            AddHosted<PipelineWatch>(services);
        }

        AddHosted<KeyUses>(services);
        AddHosted<Pulse>(services);
        AddHosted<IngestBatcher>(services);
        AddHosted<LogIntake>(services);
        AddHosted<LogKeeper>(services);
        AddHosted<LogTailPoll>(services);
        AddHosted<PublishBatcher>(services);
        AddHosted<MetricIntake>(services);
        AddHosted<SpanIntake>(services);
    }

    private static void AddHosted<T>(IServiceCollection services)
        where T : class, IHostedService => services.AddSingleton<T>().AddHostedService(provider => provider.GetRequiredService<T>());

    private static async Task<Database> OpenStoreAsync(IServiceCollection services, ServerOptions options, SecretOptions secrets, BackplaneOptions backplane, CancellationToken ct)
    {
        if (options.Database.Length == 0)
        {
            // Made by a factory, so that it is let go with the services.
            var taken = DataFolderLock.Take(options.Data);
            services.AddSingleton(_ => taken);
        }

        var database = Store.Open(options.Data, options.Database);
        await Migrator.MigrateAsync(database, TimeProvider.System.GetUtcNow(), ct);
        var telemetry = TelemetryDatabase.Beside(database);
        await Migrator.MigrateAsync(telemetry, TimeProvider.System.GetUtcNow(), ct);
        services.AddSingleton(_ => telemetry);
        var secret = await new Installation(database).LinkSecretAsync(ct);
        var box = await SecretKeys.OpenAsync(database, secrets.Boxes(), ct);
        services.AddSingleton(_ => database);
        services.AddSingleton(box);
        var pushKeys = await PushKeys.OpenAsync(database, box, ct);
        services.AddSingleton(_ => pushKeys);
        services.AddSingleton(new PublicLinks(options.PublicBase, secret));
        services.AddSingleton(new SwapLinks(secret));
        services.AddSingleton(new FormTokens(secret));
        services.AddSingleton(new AccountIds(secret));
        services.AddBackplane(backplane, options, $"{StableHash.Of("installation", Convert.ToBase64String(secret)):x16}");
        return database;
    }

    private static async Task PrepareAsync(WebApplication app, Database store, ServerOptions options, CancellationToken ct)
    {
        _ = app.Services.GetService<DataFolderLock>();

        // It counts from here on, not from the first time that somebody asks.
        _ = app.Services.GetRequiredService<PrometheusText>();
        var clock = app.Services.GetRequiredService<SteadyClock>();
        var installation = app.Services.GetRequiredService<Installation>();
        var alive = await installation.LastAliveAsync(ct);
        clock.StartAfter(alive, await installation.DatabaseNowAsync(ct) ?? clock.WallNow);
        await new StartUp(store, app.Services.GetRequiredService<AlertStore>(), app.Services.GetRequiredService<WorkspaceStore>()).RunAsync(alive?.At, clock.GetUtcNow(), options, ct);
        var secrets = app.Services.GetRequiredService<IOptions<SecretOptions>>().Value;
        if (!secrets.AreLocked)
        {
            app.Services.GetRequiredService<ILogger<SecretOptions>>().KeyUnlocked();
        }

        await store.WriteAsync(app.Services.GetRequiredService<EstateStore>().SealAsync, ct);
        await app.Services.GetRequiredService<AuditStart>().RunAsync(ct);
        await app.Services.GetRequiredService<EstateService>().StartAsync(options.Estate, ct);
        await app.Services.GetRequiredService<SampleData>().LookAsync(ct);
        await app.Services.GetRequiredService<AlertServerStart>().RunAsync(ct);

        var readiness = app.Services.GetRequiredService<Readiness>();
        readiness.AnswersOnly = !options.Works;
        app.Services.GetRequiredService<JobService>().Turned = readiness.Turned;
        app.Lifetime.ApplicationStopping.Register(readiness.Stopping);
        var gauges = app.Services.GetRequiredService<Gauges>();
        gauges.Add("tocsin_ready", "1 when this node can take and page.", () => readiness.Check() is null ? 1 : 0);
        var runner = app.Services.GetRequiredService<JobRunner>();
        runner.Burying = app.Services.GetRequiredService<SelfAlarm>().PrepareAsync;
        app.Services.GetRequiredService<OtlpExport>().Start();
        app.Services.GetRequiredService<PipelineGauges>().Register();
        gauges.Add("tocsin_jobs_overdue_seconds", "How long the oldest ready job waits.", () => readiness.Overdue.TotalSeconds);
        gauges.Add("tocsin_canary_age_seconds", "Since a page that nobody gets last came through the engine; -1 before the first.", () => readiness.CanaryAt is { } at ? (clock.GetUtcNow() - at).TotalSeconds : -1);
        gauges.Add("tocsin_jobs_active", "Jobs that this node works now.", () => runner.Active);
    }

    private static void MapAll(WebApplication app, ServerOptions options)
    {
        app.UseTrustedProxies(options.TrustedProxies);
        app.UseCorrelation();
        app.UseSecurityHeaders(options.HstsSubdomains);
        app.UseQueryToken();

        // What is worth a line in the log, Failures logs: a refused request is not.
        app.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandler = Failures.AnswerAsync, SuppressDiagnosticsCallback = static _ => true });
        app.UseRequestEdge();
        app.UseStatusCodePages(Failures.AnswerStatusAsync);
        app.UseRouting();
        app.UseRequestOrigin();
        app.UseRequestRefusals();
        app.UseCorsOrigins(app.Services.GetRequiredService<IOptions<CorsOptions>>().Value);
        app.UseAuthentication();
        app.UseRateLimits();
        app.UseAuthorization();
        app.UseSameOrigin();
        ForeignReferences.Use(app);
        app.UseFactorGate();
        app.UseJsonBodies();
        app.MapOperations();
        if (!options.Answers)
        {
            return;
        }

        app.MapIngest();
        app.MapTelemetryIngest();
        app.MapSenders();
        app.MapHeartbeats();
        app.MapAlertmanager();
        app.MapSources();
        app.MapReplies();
        app.MapContactTests();
        app.MapDevices();
        app.MapIncidents();
        app.MapAlerts();
        app.MapPipeline();
        app.MapRejected();
        app.MapPagesApi();
        app.MapStreams();
        app.MapAlertServer();
        app.MapSilences();
        app.MapExplain();
        app.MapOnCall();
        app.MapOverrides();
        app.MapTimeOff();
        app.MapSwaps();
        app.MapSchedules();
        app.MapCalendars();
        app.MapReports();
        app.MapIssues();
        app.MapLogs();
        app.MapMetrics();
        app.MapTraces();
        app.MapAssistant();
        app.MapDetection();
        app.MapJobs();
        app.MapKeys();
        app.MapAccountKeys();
        app.MapAuth();
        app.MapMeApi();
        app.MapNotify();
        app.MapMembers();
        app.MapFactorReset();
        app.MapSignInRules();
        app.MapEstate();
        app.MapAudit();
        app.MapPages();
        app.MapDocs(options.ShowsDocs);
    }
}
