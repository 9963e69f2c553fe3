using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>What the settings of a server change for those who publish and listen.</summary>
public sealed class AlertServerSettingsTests : IAsyncLifetime
{
    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Theory]
    [InlineData("prod", false)]
    [InlineData("Prod", false)]
    [InlineData("dev", true)]
    [InlineData("example", true)]
    public async Task Only_the_stage_prod_hides_the_description(string stage, bool shown)
    {
        await _bench.RestartAsync(builder => builder.Configuration["Server:Stage"] = stage);
        using var anybody = _bench.Anybody();
        foreach (var path in (string[])["/openapi/v1.json", "/docs"])
        {
            using var unknown = await anybody.GetAsync(path);
            using var known = await (await _bench.CallerAsync(Role.Publisher)).GetAsync(path);

            Assert.Equal(
                shown ? (HttpStatusCode.OK, HttpStatusCode.OK) : (HttpStatusCode.Unauthorized, HttpStatusCode.NotFound),
                (unknown.StatusCode, known.StatusCode));
        }
    }

    [Fact]
    public async Task A_key_in_the_address_is_in_no_line_of_the_log()
    {
        using var lines = new Lines();
        await _bench.RestartAsync(builder =>
        {
            builder.Configuration["Logging:LogLevel:Default"] = "Trace";
            builder.Configuration["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "Trace";
            builder.Services.AddSingleton<ILoggerProvider>(lines);
            builder.Logging.SetMinimumLevel(LogLevel.Trace).AddFilter<Lines>(null, LogLevel.Trace).AddFilter("Microsoft", LogLevel.Trace).AddFilter("Microsoft.AspNetCore.Hosting", LogLevel.Trace);
        });
        var key = await _bench.KeyAsync(Role.Publisher);
        using var anybody = _bench.Anybody();

        await AlertServerTests.SendAsync(anybody, "PUT", $"/alerts/a?token={key}", "{}");
        await AlertServerTests.SendAsync(anybody, "PUT", $"/alerts/a?token={key}", "nonsense", HttpStatusCode.UnprocessableEntity);
        using (var ear = await AlertServerTests.ListenAsync(anybody, $"/alerts/a?token={key}"))
        {
            await ear.NextAsync();
        }

        await AlertServerTests.SendAsync(anybody, "PUT", $"/alerts/a?token={key}x", "{}", HttpStatusCode.Unauthorized);
        Assert.True(lines.All.Count(l => l.Contains("/alerts/a", StringComparison.Ordinal)) > 3, "The log is not looked at.");
        Assert.DoesNotContain(lines.All, line => line.Contains(key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task More_than_may_wait_for_the_store_is_told_to_come_again_and_nothing_of_it_is_stored()
    {
        await _bench.RestartAsync(builder => builder.Configuration["AlertServer:MaxWaiting"] = "2");
        var key = await _bench.CallerAsync(Role.Publisher);
        await AlertServerTests.SendAsync(key, "PUT", "/alerts/full", """{"message":"first"}""");
        var (entered, leave) = (new TaskCompletionSource(), new TaskCompletionSource());
        var held = _bench.Service<Database>().WriteAsync(
            async tx =>
            {
                entered.SetResult();
                await leave.Task;
            },
            default);
        await entered.Task;

        // One batch is held at the store and two wait, so of eight some must be refused, and only those answer now.
        var sent = Enumerable.Range(0, 8).Select(_ => key.PutAsync("/alerts/full", new StringContent("""{"message":"waits"}"""))).ToList();
        var refused = await await Task.WhenAny(sent);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, true), (refused.StatusCode, refused.Headers.RetryAfter?.Delta > TimeSpan.Zero));
        leave.SetResult();
        await held;
        var stored = (await Task.WhenAll(sent)).Count(r => r.StatusCode == HttpStatusCode.OK);
        using var ear = await AlertServerTests.ListenAsync(key, "/alerts/full?last=0");
        await AlertServerTests.SendAsync(key, "PUT", "/alerts/full", """{"message":"last"}""");
        List<string> heard = [];
        while (heard is not [.., "last"])
        {
            heard.Add(await ear.MessageAsync());
        }

        Assert.Equal(["first", .. Enumerable.Repeat("waits", stored), "last"], heard);
        sent.ForEach(s => s.Result.Dispose());
    }

    /// <summary>All that would be written to a log.</summary>
    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> All { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            All.Enqueue($"{state}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
