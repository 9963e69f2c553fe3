using Microsoft.Extensions.Logging;

namespace Tocsin.Sdk.Telemetry;

/// <summary>Sends what is logged. Levels are set under <c>Logging:Tocsin:LogLevel</c> as for any provider.</summary>
[ProviderAlias("Tocsin")]
internal sealed class TocsinLoggerProvider(TocsinTelemetry telemetry) : ILoggerProvider, ISupportExternalScope
{
    /// <summary>The category of what the SDK itself has to say, which it never sends.</summary>
    public const string OwnCategory = "Tocsin.Sdk.Telemetry";

    private IExternalScopeProvider? _scopes;

    public ILogger CreateLogger(string categoryName) => new TocsinLogger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    /// <summary>What waits is sent by <see cref="TocsinTelemetry"/>, when that ends.</summary>
    public void Dispose()
    {
    }

    private sealed class TocsinLogger(TocsinLoggerProvider provider, string category) : ILogger
    {
        private readonly bool _isOwn = category == OwnCategory;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => provider._scopes?.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && !_isOwn && !OtlpPipe.IsSending;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel) && provider.Telemetry is var telemetry
                && OtlpLog.Write(telemetry.Time.GetUtcNow(), logLevel, eventId, state, exception, formatter, telemetry.Options.IncludeScopes ? provider._scopes : null) is { } record)
            {
                telemetry.Logs.Add(new(category, record));
            }
        }
    }

    private TocsinTelemetry Telemetry => telemetry;
}
