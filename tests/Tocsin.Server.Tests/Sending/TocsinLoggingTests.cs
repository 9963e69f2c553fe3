using System.Collections;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tocsin.Sdk.Telemetry;

// What is tested is what programs do, and they log like this.
#pragma warning disable CA1848, CA1873

namespace Tocsin.Tests.Sending;

/// <summary>From <c>ILogger</c> to the bytes that arrive.</summary>
public sealed class TocsinLoggingTests : IAsyncLifetime
{
    private OtlpReceiver _server = null!;

    public async Task InitializeAsync() => _server = await OtlpReceiver.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task An_entry_has_its_text_level_logger_time_and_values()
    {
        var before = DateTimeOffset.UtcNow;
        var record = await OneAsync(logger => logger.Log(
            LogLevel.Warning, new EventId(17, "StockLow"), "Item {Item} has {Left} left, {Share:P0}", "A-17", 3, 0.25));

        Assert.Equal("Item A-17 has 3 left, 25 %", record[5].Text(1));
        Assert.Equal((13UL, "Warning"), (record.Number(2), record.Text(3)));
        Assert.InRange(DateTimeOffset.UnixEpoch.AddTicks((long)record.Number(1) / 100), before.AddMilliseconds(-1), DateTimeOffset.UtcNow);
        Assert.Equal(record.Number(1), record.Number(11));
        var attributes = record.Attributes(6);
        Assert.Equal(("A-17", 3L, 0.25), (attributes["Item"], attributes["Left"], attributes["Share"]));
        Assert.Equal("Item {Item} has {Left} left, {Share:P0}", attributes["log.template"]);
        Assert.Equal((17L, "StockLow"), (attributes["event.id"], attributes["event.name"]));
        Assert.False(record.Has(9) || record.Has(10));
    }

    [Fact]
    public async Task Each_level_has_its_number_and_what_is_filtered_out_is_not_sent()
    {
        var records = await LogAsync(
            logger =>
            {
                foreach (var level in Enum.GetValues<LogLevel>())
                {
                    logger.Log(level, "{Level}", level);
                }
            },
            builder => builder.SetMinimumLevel(LogLevel.Debug));

        Assert.Equal([5UL, 9, 13, 17, 21], records.Select(record => record.Number(2)));
        Assert.Equal(["Debug", "Information", "Warning", "Error", "Critical"], records.Select(record => record[5].Text(1)));
    }

    [Fact]
    public async Task An_exception_has_type_message_and_stack()
    {
        var record = await OneAsync(logger =>
        {
            try
            {
                throw new InvalidOperationException("no such card", new TimeoutException("inner"));
            }
            catch (InvalidOperationException e)
            {
                logger.LogError(e, "Payment failed");
            }
        });

        var attributes = record.Attributes(6);
        Assert.Equal(("System.InvalidOperationException", "no such card"), (attributes["exception.type"], attributes["exception.message"]));
        Assert.Contains("inner", (string)attributes["exception.stacktrace"]!, StringComparison.Ordinal);
        Assert.Contains(nameof(An_exception_has_type_message_and_stack), (string)attributes["exception.stacktrace"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scopes_become_attributes_the_inner_before_the_outer_and_the_entry_before_both()
    {
        var record = await OneAsync(logger =>
        {
            using (logger.BeginScope(new Dictionary<string, object?> { ["Order"] = 1, ["Shop"] = "north" }))
            using (logger.BeginScope("Till {Till}", 4))
            using (logger.BeginScope(new Dictionary<string, string> { ["Clerk"] = "ana" }))
            using (logger.BeginScope("a plain text"))
            {
                logger.LogInformation("Order {Order}", 2);
            }
        });

        var attributes = record.Attributes(6);
        Assert.Equal((2L, "north", 4L, "ana"), (attributes["Order"], attributes["Shop"], attributes["Till"], attributes["Clerk"]));
        Assert.Equal(["a plain text"], (object?[])attributes["scopes"]!);
        Assert.Equal("Order {Order}", attributes["log.template"]);
    }

    [Fact]
    public async Task Scopes_can_be_left_out()
    {
        var records = await LogAsync(
            logger =>
            {
                using (logger.BeginScope("Till {Till}", 4))
                {
                    logger.LogInformation("x");
                }
            },
            configure: o => o.IncludeScopes = false);

        Assert.False(Assert.Single(records).Attributes(6).ContainsKey("Till"));
    }

    [Fact]
    public async Task The_trace_that_it_happened_in_comes_along()
    {
        using var activity = new Activity("checkout").SetIdFormat(ActivityIdFormat.W3C).Start();

        var record = await OneAsync(logger => logger.LogInformation("x"));

        Assert.Equal(activity.TraceId.ToHexString(), Convert.ToHexStringLower(record.Bytes(9)));
        Assert.Equal(activity.SpanId.ToHexString(), Convert.ToHexStringLower(record.Bytes(10)));
    }

    [Fact]
    public async Task Values_of_any_kind_arrive_and_none_of_them_ends_the_program()
    {
        var map = new Dictionary<string, object?> { ["a"] = 1, ["deep"] = new object[] { new object[] { new object[] { new object[] { 1 } } } } };
        var state = new Dictionary<string, object?>
        {
            ["null"] = null,
            ["truth"] = true,
            ["whole"] = long.MinValue,
            ["large"] = ulong.MaxValue,
            ["real"] = 1.5f,
            ["exact"] = 1.50m,
            ["day"] = DayOfWeek.Friday,
            ["at"] = new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero),
            ["bytes"] = new byte[] { 1, 2 },
            ["list"] = new[] { 1, 2 },
            ["map"] = map,
            ["half"] = "half a pair \ud800",
            ["bad"] = new Bad(),
            ["endless"] = new Endless(),
            ["long"] = new string('x', 100_000),
        };

        var record = await OneAsync(logger => logger.Log(LogLevel.Information, default, state, null, (_, _) => "x"));

        var attributes = record.Attributes(6);
        Assert.Equal([null, true, long.MinValue, "18446744073709551615", 1.5, "1.50", "Friday", "2026-11-21T12:00:00.0000000+00:00"], attributes.Values.Take(8));
        Assert.Equal([1, 2], (byte[])attributes["bytes"]!);
        Assert.Equal([1L, 2L], (object?[])attributes["list"]!);
        Assert.Equal(1L, ((Dictionary<string, object?>)attributes["map"]!)["a"]);
        Assert.Equal("half a pair \ufffd", attributes["half"]);
        Assert.Equal("<Bad without a text: InvalidOperationException>", attributes["bad"]);
        Assert.Equal("Tocsin.Tests.Sending.TocsinLoggingTests+Endless", attributes["endless"]);
        Assert.Equal(32 * 1024, ((string)attributes["long"]!).Length);
    }

    [Fact]
    public async Task A_formatter_or_a_state_that_throws_loses_no_line()
    {
        var records = await LogAsync(logger =>
        {
            logger.Log(LogLevel.Error, default, "the state", null, (_, _) => throw new FormatException());
            logger.Log(LogLevel.Error, default, Broken(), null, (_, _) => "text");
        });

        Assert.Equal(["the state (FormatException while formatting)", "An entry could not be read: InvalidOperationException"], records.Select(record => record[5].Text(1)));

        static IEnumerable<KeyValuePair<string, object?>> Broken()
        {
            yield return new("a", 1);
            throw new InvalidOperationException();
        }
    }

    [Fact]
    public async Task A_value_that_logs_when_it_is_printed_does_not_turn_in_circles()
    {
        var record = await OneAsync(logger => logger.LogInformation("value {Value}", new Chatty(logger)));

        Assert.Equal("value chatty", record[5].Text(1));
    }

    [Fact]
    public async Task What_is_logged_while_sending_and_what_the_sdk_says_itself_is_not_sent()
    {
        _server.Then(503, 401);
        var heard = new Heard();
        ILogger? inner = null;
        var services = new ServiceCollection().AddLogging(builder => builder.AddProvider(heard).AddTocsin(o =>
        {
            Configure(o);
            o.CreateHandler = () => new Chattering(() => inner!);
        }));
        await using (var provider = services.BuildServiceProvider())
        {
            inner = provider.GetRequiredService<ILoggerFactory>().CreateLogger("Http.Stack");
            provider.GetRequiredService<ILogger<TocsinLoggingTests>>().LogError("only this");
            Assert.False(await provider.GetRequiredService<TocsinTelemetry>().FlushAsync().WaitAsync(Patience.Limit));
        }

        Assert.Equal(2, _server.Requests.Length);
        Assert.All(_server.Requests, request => Assert.Equal("only this", request.Message[1][2][2][5].Text(1)));
        Assert.Equal(2, heard.Lines.Count(line => line.StartsWith(TocsinLoggerProvider.OwnCategory, StringComparison.Ordinal)));
        Assert.Contains("Http.Stack: sending", heard.Lines);
    }

    [Fact]
    public async Task A_logger_without_a_host_sends_what_waits_when_its_factory_ends()
    {
        using (var factory = LoggerFactory.Create(builder => builder.AddTocsin(o =>
        {
            Configure(o);
            (o.FlushInterval, o.ShutdownTimeout) = (TimeSpan.FromHours(1), Patience.Limit);
        })))
        {
            foreach (var n in Enumerable.Range(0, 700))
            {
                factory.CreateLogger("test").LogInformation("{N}", n);
            }
        }

        Assert.Equal(700, _server.Logs.Length);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task A_host_names_service_and_environment_and_sends_its_last_lines()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { ApplicationName = "Shop", EnvironmentName = "Staging" });
        builder.Logging.AddTocsin(o => (o.Server, o.FlushInterval, o.ShutdownTimeout) = (_server.Url, TimeSpan.FromHours(1), Patience.Limit));
        using (var host = builder.Build())
        {
            await host.StartAsync();
            await host.StopAsync();
            host.Services.GetRequiredService<ILogger<TocsinLoggingTests>>().LogInformation("the last line");
        }

        Assert.Contains("the last line", _server.Logs.Select(log => log.Record[5].Text(1)));
        var resource = _server.Requests[0].Message[1][1].Attributes(1);
        Assert.Equal(("Shop", "Staging"), (resource["service.name"], resource["deployment.environment.name"]));
    }

    [Fact]
    public async Task Many_threads_lose_nothing()
    {
        var records = await LogAsync(
            logger => Parallel.For(0, 8, thread =>
            {
                for (var n = 0; n < 500; n++)
                {
                    logger.LogInformation("{Thread}-{N}", thread, n);
                }
            }));

        Assert.Equal(4000, records.Select(record => record[5].Text(1)).Distinct().Count());
    }

    private void Configure(TocsinTelemetryOptions options)
    {
        (options.Server, options.Key, options.FlushInterval, options.RequestTimeout) = (_server.Url, "key-1", TimeSpan.Zero, Patience.Limit);
        (options.FirstRetryDelay, options.LongestRetryDelay) = (TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(10));
    }

    private async Task<OtlpMessage> OneAsync(Action<ILogger> log) => Assert.Single(await LogAsync(log));

    private async Task<OtlpMessage[]> LogAsync(Action<ILogger> log, Action<ILoggingBuilder>? build = null, Action<TocsinTelemetryOptions>? configure = null)
    {
        var services = new ServiceCollection().AddLogging(builder =>
        {
            build?.Invoke(builder);
            builder.AddTocsin(Configure).AddTocsin(configure);
        });
        await using var provider = services.BuildServiceProvider();
        log(provider.GetRequiredService<ILoggerFactory>().CreateLogger("Shop.Cart"));
        Assert.True(await provider.GetRequiredService<TocsinTelemetry>().FlushAsync().WaitAsync(Patience.Limit));
        Assert.All(_server.Logs, entry => Assert.Equal("Shop.Cart", entry.Scope));
        return [.. _server.Logs.Select(entry => entry.Record)];
    }

    private sealed class Bad
    {
        public override string ToString() => throw new InvalidOperationException();
    }

    private sealed class Endless : IEnumerable<int>
    {
        public IEnumerator<int> GetEnumerator()
        {
            while (true)
            {
                yield return 1;
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private sealed class Chatty(ILogger logger)
    {
        public override string ToString()
        {
            logger.LogInformation("printing {Value}", this);
            return "chatty";
        }
    }

    private sealed class Chattering(Func<ILogger> logger) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            logger().LogError("sending");
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class Heard : ILoggerProvider
    {
        public System.Collections.Concurrent.ConcurrentQueue<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => new Ear(this, categoryName);

        public void Dispose()
        {
        }

        private sealed class Ear(Heard heard, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                heard.Lines.Enqueue($"{category}: {formatter(state, exception)}");
        }
    }
}
