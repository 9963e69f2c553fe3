using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Tocsin.Hosting;
using Tocsin.Tests.Http;

namespace Tocsin.Tests.Hosting;

public sealed class JsonLineFormatterTests
{
    [Fact]
    public void An_event_is_one_object_with_its_values_under_their_own_names()
    {
        var line = Written(logger => logger.Said("c0ffee", ["a", "b"], 3, null, "red \e[31m\nforged\u202e\u2028 ä"));

        Assert.Equal(["timestamp", "level", "category", "eventId", "message", "correlationId", "teams", "count", "nothing", "text"], line.Select(m => m.Key));
        Assert.Equal(("warn", "Tocsin.Some", 7, "c0ffee", 3), (line["level"].ToText(), line["category"].ToText(), (int)line["eventId"]!, line["correlationId"].ToText(), (int)line["count"]!));
        Assert.Equal("""["a","b"]""", line["teams"]!.ToJsonString());
        Assert.Null(line["nothing"]);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", line["timestamp"].ToText());
    }

    [Fact]
    public void A_line_is_of_ASCII_and_ends_once_whatever_it_says()
    {
        using var log = new CapturedLog();
        log.CreateLogger("Tocsin.Some").Said("x", [], 0, null, "red \e[31m\r\nforged\u202e\u2028 ä 🙂");

        Assert.All(Assert.Single(log.Lines), c => Assert.InRange(c, ' ', '~'));
    }

    [Fact]
    public void A_value_cannot_take_the_place_of_what_every_line_has()
    {
        var line = Written(logger => logger.Mimics("critical", "forged"));

        Assert.Equal("info", line["level"].ToText());
        Assert.Equal("a critical forged", line["message"].ToText());
    }

    [Fact]
    public void An_exception_has_a_member_of_its_own()
    {
        var line = Written(logger => logger.Broke(new InvalidOperationException("two\nlines")));

        Assert.Contains("InvalidOperationException: two\nlines", line["exception"].ToText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, "line")]
    [InlineData("text", null, "line")]
    [InlineData("json", null, "json-line")]
    [InlineData("text", "json", "json-line")]
    [InlineData("json", "systemd", "systemd")]
    public void The_setting_says_which(string? format, string? ofFramework, string formatter) => Assert.Equal(
        formatter,
        LogFormats.FormatterOf(new ConfigurationBuilder().AddInMemoryCollection([new("Server:LogFormat", format), new("Logging:Console:FormatterName", ofFramework)]).Build()));

    [Fact]
    public async Task The_server_writes_by_it_and_by_no_other_of_its_name()
    {
        await using var bench = await HttpBench.StartAsync(configure: builder => builder.Configuration["Server:LogFormat"] = "json");
        var name = LogFormats.FormatterOf(bench.Service<IConfiguration>());

        Assert.IsType<JsonLineFormatter>(Assert.Single(bench.Service<IEnumerable<ConsoleFormatter>>(), formatter => formatter.Name == name));
    }

    private static JsonObject Written(Action<ILogger> write)
    {
        using var log = new CapturedLog();
        write(log.CreateLogger("Tocsin.Some"));
        return Assert.Single(log.Objects);
    }
}

internal static partial class JsonLineLog
{
    [LoggerMessage(7, LogLevel.Warning, "{CorrelationId} {Teams} {Count} {Nothing} {Text}")]
    public static partial void Said(this ILogger logger, string correlationId, string[] teams, int count, string? nothing, string text);

    [LoggerMessage(8, LogLevel.Information, "a {Level} {Message}")]
    public static partial void Mimics(this ILogger logger, string level, string message);

    [LoggerMessage(9, LogLevel.Error, "broke")]
    public static partial void Broke(this ILogger logger, Exception e);
}

internal static class JsonTexts
{
    public static string ToText(this JsonNode? node) => node!.GetValue<string>();
}
