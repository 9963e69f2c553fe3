using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Tocsin.Sdk.Telemetry;

/// <summary>Adds Tocsin to a program.</summary>
public static class TocsinTelemetrySetup
{
    /// <summary>Sends what is logged. May be called with <see cref="AddTocsinMetrics"/>, in any order; options add up.</summary>
    public static ILoggingBuilder AddTocsin(this ILoggingBuilder builder, Action<TocsinTelemetryOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        AddTelemetry(builder.Services, configure);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<ILoggerProvider, TocsinLoggerProvider>());
        return builder;
    }

    /// <summary>Sends what the meters of the process measure, from the start of the host to its end.</summary>
    public static IServiceCollection AddTocsinMetrics(this IServiceCollection services, Action<TocsinTelemetryOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        AddTelemetry(services, configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, MetricService>());
        return services;
    }

    private static void AddTelemetry(IServiceCollection services, Action<TocsinTelemetryOptions>? configure)
    {
        var options = services.AddOptions<TocsinTelemetryOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddSingleton<Words>();
        services.TryAddSingleton(provider =>
        {
            var chosen = provider.GetRequiredService<IOptions<TocsinTelemetryOptions>>().Value;
            if (provider.GetService<IHostEnvironment>() is { } host)
            {
                chosen.Service ??= Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME") ?? host.ApplicationName;
                chosen.Environment ??= host.EnvironmentName;
            }

            return new TocsinTelemetry(chosen, provider.GetRequiredService<Words>().Say, provider.GetService<TimeProvider>());
        });
    }

    /// <summary>Says by the program's other loggers what the SDK has to say. They can't be asked for earlier: ours is made on the way to them.</summary>
    private sealed class Words(IServiceProvider services)
    {
        public void Say(string words)
        {
            try
            {
                services.GetService<ILoggerFactory>()?.CreateLogger(TocsinLoggerProvider.OwnCategory).TelemetryLost(words);
            }
            catch (ObjectDisposedException)
            {
                // The program ends, and its loggers are gone already.
                Console.Error.WriteLine(words);
            }
        }
    }

    private sealed class MetricService(TocsinTelemetry telemetry, Words words) : IHostedService, IAsyncDisposable
    {
        private readonly MetricReader _reader = new(telemetry, words.Say);

        public Task StartAsync(CancellationToken cancellationToken)
        {
            _reader.Start();
            return Task.CompletedTask;
        }

        public async Task StopAsync(CancellationToken cancellationToken) => await _reader.DisposeAsync();

        public ValueTask DisposeAsync() => _reader.DisposeAsync();
    }
}
