using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tocsin.Alerts;
using Tocsin.Audit;
using Tocsin.Devices;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Identity.Oidc;
using Tocsin.Issues;
using Tocsin.Jobs;
using Tocsin.Notify;
using Tocsin.OnCall;
using Tocsin.Operations;
using Tocsin.Outgoing;
using Tocsin.Routing;
using Tocsin.Streams;
using Tocsin.Streams.Backplanes;
using Tocsin.Telemetry;

namespace Tocsin.Hosting;

internal static class SettingsSetup
{
    /// <summary>The settings of the process, checked at start; those of what goes out are in <c>AddOutgoing</c>.</summary>
    public static IServiceCollection AddSettings(this IServiceCollection services)
    {
        services.AddOptions<ServerOptions>().BindConfiguration("Server").ValidateOnStart();
        services.AddSingleton<IValidateOptions<ServerOptions>, ServerOptionsValidator>();
        services.AddSingleton<IValidateOptions<ServerOptions>, ServerAddressValidator>();
        services.AddSingleton<IValidateOptions<ServerOptions>, ClearConnectionsValidator>();
        services.AddSingleton(new SettingsSection("Server", typeof(ServerOptions)));
        services.AddOptions<TlsOptions>().BindConfiguration("Server:Tls").ValidateOnStart();
        services.AddSingleton<IValidateOptions<TlsOptions>, TlsOptionsValidator>();
        services.AddSingleton(new SettingsSection("Server:Tls", typeof(TlsOptions)));
        services.AddOptions<SecretOptions>().BindConfiguration("Secrets");
        services.AddSingleton(new SettingsSection("Secrets", typeof(SecretOptions)));
        services.AddOptions<AuditOptions>().BindConfiguration("Audit").ValidateOnStart();
        services.AddSingleton<IValidateOptions<AuditOptions>, AuditOptionsValidator>();
        services.AddSingleton(new SettingsSection("Audit", typeof(AuditOptions)));
        services.AddOptions<IngestOptions>().BindConfiguration("Ingest").ValidateOnStart();
        services.AddSingleton<IValidateOptions<IngestOptions>, IngestOptionsValidator>();
        services.AddSingleton(new SettingsSection("Ingest", typeof(IngestOptions)));
        services.AddOptions<SnsOptions>().BindConfiguration("Sns").ValidateOnStart();
        services.AddSingleton<IValidateOptions<SnsOptions>, SnsOptionsValidator>();
        services.AddSingleton(new SettingsSection("Sns", typeof(SnsOptions)));
        services.AddOptions<AlertServerOptions>().BindConfiguration("AlertServer").ValidateOnStart();
        services.AddSingleton<IValidateOptions<AlertServerOptions>, AlertServerOptionsValidator>();
        services.AddSingleton(new SettingsSection("AlertServer", typeof(AlertServerOptions)));
        services.AddOptions<AccountOptions>().BindConfiguration("Accounts").ValidateOnStart();
        services.AddSingleton<IValidateOptions<AccountOptions>, AccountOptionsValidator>();
        services.AddSingleton(new SettingsSection("Accounts", typeof(AccountOptions)));
        services.AddOptions<JobOptions>().BindConfiguration("Jobs").ValidateOnStart();
        services.AddSingleton<IValidateOptions<JobOptions>, JobOptionsValidator>();
        services.AddSingleton(new SettingsSection("Jobs", typeof(JobOptions)));
        services.AddOptions<PagingOptions>().BindConfiguration("Paging").ValidateOnStart();
        services.AddSingleton<IValidateOptions<PagingOptions>, PagingOptionsValidator>();
        services.AddSingleton(new SettingsSection("Paging", typeof(PagingOptions)));
        services.AddOptions<SilenceOptions>().BindConfiguration("Silences").ValidateOnStart();
        services.AddSingleton<IValidateOptions<SilenceOptions>, SilenceOptionsValidator>();
        services.AddSingleton(new SettingsSection("Silences", typeof(SilenceOptions)));
        services.AddOptions<TelemetryOptions>().BindConfiguration("Telemetry").ValidateOnStart();
        services.AddSingleton<IValidateOptions<TelemetryOptions>, TelemetryOptionsValidator>();
        services.AddSingleton(new SettingsSection("Telemetry", typeof(TelemetryOptions)));
        services.AddOptions<MetricOptions>().BindConfiguration("Telemetry:Metrics").ValidateOnStart();
        services.AddSingleton<IValidateOptions<MetricOptions>, MetricOptionsValidator>();
        services.AddSingleton(new SettingsSection("Telemetry:Metrics", typeof(MetricOptions)));
        services.AddOptions<EstateOptions>().BindConfiguration("Estate").ValidateOnStart();
        services.AddSingleton<IValidateOptions<EstateOptions>, EstateOptionsValidator>();
        services.AddSingleton(new SettingsSection("Estate", typeof(EstateOptions)));
        services.AddOptions<KeyOptions>().BindConfiguration("Keys").ValidateOnStart();
        services.AddSingleton<IValidateOptions<KeyOptions>, KeyOptionsValidator>();
        services.AddSingleton(new SettingsSection("Keys", typeof(KeyOptions)));
        services.AddOptions<LimitOptions>().BindConfiguration("Limits").ValidateOnStart();
        services.AddSingleton<IValidateOptions<LimitOptions>, LimitOptionsValidator>();
        services.AddSingleton(new SettingsSection("Limits", typeof(LimitOptions)));
        services.AddOptions<CorsOptions>().BindConfiguration("Cors").ValidateOnStart();
        services.AddSingleton<IValidateOptions<CorsOptions>, CorsOptionsValidator>();
        services.AddSingleton(new SettingsSection("Cors", typeof(CorsOptions)));
        services.AddOptions<OtlpOptions>().BindConfiguration("Otlp").ValidateOnStart();
        services.AddSingleton<IValidateOptions<OtlpOptions>, OtlpOptionsValidator>();
        services.AddSingleton(new SettingsSection("Otlp", typeof(OtlpOptions)));
        services.AddOptions<StreamOptions>().BindConfiguration("Stream").ValidateOnStart();
        services.AddSingleton<IValidateOptions<StreamOptions>, StreamOptionsValidator>();
        services.AddSingleton(new SettingsSection("Stream", typeof(StreamOptions)));
        services.AddOptions<BackplaneOptions>().BindConfiguration("Backplane").ValidateOnStart();
        services.AddSingleton<IValidateOptions<BackplaneOptions>, BackplaneOptionsValidator>();
        services.AddSingleton<IValidateOptions<BackplaneOptions>, BackplaneChoiceValidator>();
        services.AddSingleton(new SettingsSection("Backplane", typeof(BackplaneOptions)));
        services.AddCalendarSettings();
        services.AddOidcSettings();
        services.AddDeviceSettings();
        services.AddIssueSettings();
        services.AddAiSettings();
        return services;
    }
}
