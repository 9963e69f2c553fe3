namespace Tocsin.Sdk.Telemetry;

/// <summary>
/// Logs and metrics on their way to the server: what <c>AddTocsin</c> and <c>AddTocsinMetrics</c> share. Get it from the services to flush or to look at what
/// was lost. Entries are kept while the server is away, up to the limits of the options, and may arrive twice when a connection breaks before an answer.
/// </summary>
public sealed class TocsinTelemetry : IAsyncDisposable, IDisposable
{
    private readonly OtlpSender _sender;

    /// <param name="say">Told about losses, once for each cause.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public TocsinTelemetry(TocsinTelemetryOptions options, Action<string>? say = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        Time = time ?? TimeProvider.System;
        _sender = new(options, Time);
        var resource = OtlpBatch.Resource(ResourceOf(options));
        Logs = new(options, _sender, "logs", resource, say ?? Nobody, Time);
        Metrics = new(options, _sender, "metrics", resource, say ?? Nobody, Time);
    }

    /// <summary>What became of the log entries.</summary>
    public TelemetryStats LogStats => Logs.Stats;

    /// <summary>What became of the metrics; one for each instrument and interval.</summary>
    public TelemetryStats MetricStats => Metrics.Stats;

    internal OtlpPipe Logs { get; }

    internal OtlpPipe Metrics { get; }

    internal TocsinTelemetryOptions Options { get; }

    internal TimeProvider Time { get; }

    /// <summary>Sends what waits. While the server is away it waits for it, until cancelled.</summary>
    /// <returns>Once the server has all that was given before: true; false when something was lost since the last call.</returns>
    public async Task<bool> FlushAsync(CancellationToken ct = default)
    {
        var logs = Logs.FlushAsync(ct);
        return await Metrics.FlushAsync(ct) & await logs;
    }

    /// <summary>Sends what waits, for <see cref="TocsinTelemetryOptions.ShutdownTimeout"/> at most.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Logs.DisposeAsync().AsTask(), Metrics.DisposeAsync().AsTask());
        _sender.Dispose();
    }

    /// <summary>As <see cref="DisposeAsync"/>, for whoever can't wait otherwise.</summary>
    public void Dispose() => Task.Run(async () => await DisposeAsync()).GetAwaiter().GetResult();

    private static void Nobody(string words)
    {
    }

    private static IEnumerable<KeyValuePair<string, string>> ResourceOf(TocsinTelemetryOptions options)
    {
        var service = options.Service ?? Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME");
        yield return new("service.name", string.IsNullOrEmpty(service) ? AppDomain.CurrentDomain.FriendlyName : service);
        yield return new("service.instance.id", options.Instance ?? $"{Environment.MachineName}:{Environment.ProcessId}");
        yield return new("host.name", Environment.MachineName);
        if (options.Environment is { Length: > 0 } environment)
        {
            yield return new("deployment.environment.name", environment);
        }

        foreach (var attribute in options.Attributes)
        {
            yield return attribute;
        }
    }
}
