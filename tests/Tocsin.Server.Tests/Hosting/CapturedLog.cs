using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tocsin.Hosting;

namespace Tocsin.Tests.Hosting;

/// <summary>The log of a process as <c>Server:LogFormat=json</c> writes it, line by line.</summary>
internal sealed class CapturedLog : ILoggerProvider
{
    private readonly List<string> _lines = [];
    private readonly JsonLineFormatter _formatter = new(new SteadyClock(TimeProvider.System));

    public static CapturedLog Begin() => new();

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    public IReadOnlyList<JsonObject> Objects => [.. Lines.Select(line => JsonNode.Parse(line)!.AsObject())];

    public ILogger CreateLogger(string categoryName) => new Written(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Written(CapturedLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            using StringWriter writer = new() { NewLine = "\n" };
            log._formatter.Write(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatter), null, writer);
            lock (log._lines)
            {
                log._lines.Add(writer.ToString().TrimEnd('\n'));
            }
        }
    }
}
