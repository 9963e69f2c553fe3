using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

/// <summary>Lines as real programs print them, and what is made of each.</summary>
public sealed class RawLineTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    // Line; time from now on in ISO or "now"; level; source; service; message.
    public static TheoryData<string, string, LineLevel, string, string, string> Lines => new()
    {
        // JSON
        { """{"timestamp": "2026-11-21T11:00:00Z", "level": "ERROR", "message": "boom", "logger": "shop", "service": "pay", "trace_id": "t1"}""", "11:00:00", LineLevel.Error, "shop", "pay", "boom" },
        { """{"time": "2026-11-21T11:00:00", "severity": "Warning", "msg": "hm", "source": "s", "logger": "l", "app": "a"}""", "11:00:00", LineLevel.Warning, "s", "a", "hm" },
        { """{"@timestamp": "2026-11-21T12:00:00+01:00", "log.level": "error", "message": "x", "service.name": "ecs", "log.logger": "org.x"}""", "11:00:00", LineLevel.Error, "org.x", "ecs", "x" },
        { """{"@timestamp": "2026-11-21T11:00:00Z", "log": {"level": "warn", "logger": "L"}, "service": {"name": "nested", "environment": "prod"}, "message": "x"}""", "11:00:00", LineLevel.Warning, "L", "nested", "x" },
        { """{"level":50,"time":1795258800000,"pid":1,"hostname":"h","msg":"pino"}""", "11:00:00", LineLevel.Error, "", "", "pino" },
        { """{"level":"info","ts":1795258800.25,"logger":"http","caller":"a.go:1","msg":"zap"}""", "11:00:00.25", LineLevel.Info, "http", "", "zap" },
        { """{"@t":"2026-11-21T11:00:00Z","@mt":"Order {Id}","@l":"Fatal","SourceContext":"Shop.Orders"}""", "11:00:00", LineLevel.Critical, "Shop.Orders", "", "Order {Id}" },
        { """{"EventId":0,"LogLevel":"Critical","Category":"Shop.Orders","Message":"gone","Timestamp":"2026-11-21T11:00:00Z"}""", "11:00:00", LineLevel.Critical, "Shop.Orders", "", "gone" },
        { """{"event": "structlog", "level": "fail", "logger": "x"}""", "now", LineLevel.Error, "x", "", "structlog" },
        { """{"a": 1, "error": "b"}""", "now", LineLevel.Error, "", "", """{"a": 1, "error": "b"}""" },
        { """{"message": "m", "level": "loud", "time": "whenever"}""", "now", LineLevel.Info, "", "", "m" },
        { """{"log":"2026/11/21 10:00:00 [error] 7#7: *1 connect() failed, client: 10.0.0.1\n","stream":"stderr","time":"2026-11-21T11:00:00.5Z"}""", "11:00:00.5", LineLevel.Error, "", "", "*1 connect() failed" },
        { """{"date":1795258800.0,"log":"WARN low disk"}""", "11:00:00", LineLevel.Warning, "", "", "WARN low disk" },
        { """{"message": broken""", "now", LineLevel.Info, "", "", """{"message": broken""" },

        // Web servers
        { """10.0.0.1 - frank [21/Nov/2026:03:00:00 -0800] "GET /a.gif HTTP/1.0" 200 2326""", "11:00:00", LineLevel.Info, "10.0.0.1", "", "GET /a.gif HTTP/1.0 - 200" },
        { """2001:db8::1 - - [21/Nov/2026:11:00:00 +0000] "POST /pay HTTP/1.1" 503 - "-" "curl/8.0" """, "11:00:00", LineLevel.Error, "2001:db8::1", "", "POST /pay HTTP/1.1 - 503" },
        { """shop.example:443 10.0.0.9 - - [21/Nov/2026:11:00:00 +0000] "GET /\"x\" HTTP/1.1" 404 12""", "11:00:00", LineLevel.Error, "10.0.0.9", "", "GET /\\\"x\\\" HTTP/1.1 - 404" },
        { "2026/11/21 11:00:00 [warn] 31#31: *7 upstream slow, client: 10.0.0.1, server: shop, request: \"GET / HTTP/1.1\"", "11:00:00", LineLevel.Warning, "", "", "*7 upstream slow" },
        { "2026/11/21 11:00:00 [emerg] 1#1: bind() to 0.0.0.0:80 failed", "11:00:00", LineLevel.Critical, "", "", "bind() to 0.0.0.0:80 failed" },
        { "[Sat Nov 21 11:00:00.123456 2026] [core:error] [pid 7:tid 8] [client 10.0.0.1:5000] AH00128: File does not exist: /x", "11:00:00.123456", LineLevel.Error, "core", "", "AH00128: File does not exist: /x" },

        // Syslog
        { "Nov 21 11:00:00 web1 sshd[1234]: Accepted publickey for ana", "11:00:00", LineLevel.Info, "web1", "sshd", "Accepted publickey for ana" },
        { "Nov 21 11:00:00 web1 kernel: Out of memory: kill process", "11:00:00", LineLevel.Info, "web1", "kernel", "Out of memory: kill process" },
        { "<11>Nov 21 11:00:00 web1 app: broke", "11:00:00", LineLevel.Error, "web1", "app", "broke" },
        { "<34>1 2026-11-21T11:00:00.003Z web1 su 77 ID47 [meta a=\"1\" b=\"x\\\"y\"][o@1 c=\"2\"] \uFEFF'su root' failed", "11:00:00.003", LineLevel.Critical, "web1", "su", "'su root' failed" },
        { "<165>1 - - - - - -", "now", LineLevel.Info, "", "", "" },
        { "<13>deploy: done", "now", LineLevel.Info, "", "deploy", "done" },
        { "2026-11-21T12:00:00.123456+01:00 web1 cron[9]: error in job", "11:00:00.123456", LineLevel.Error, "web1", "cron", "error in job" },

        // Loggers
        { "2026-11-21 11:00:00,123 - ERROR - it broke", "11:00:00.123", LineLevel.Error, "", "", "it broke" },
        { "2026-11-21 11:00:00,123 - shop.orders - WARNING - low stock - soon", "11:00:00.123", LineLevel.Warning, "shop.orders", "", "low stock - soon" },
        { "ERROR:shop.orders:it broke", "now", LineLevel.Error, "shop.orders", "", "it broke" },
        { "2026-11-21 11:00:00.123  WARN 7 --- [nio-8080-exec-1] c.e.shop.OrderService     : slow: 7 s", "11:00:00.123", LineLevel.Warning, "c.e.shop.OrderService", "", "slow: 7 s" },
        { "2026-11-21T11:00:00.123Z ERROR 7 --- [shop] [main] c.e.Shop : gone", "11:00:00.123", LineLevel.Error, "c.e.Shop", "", "gone" },
        { "2026-11-21 11:00:00,123 [main] ERROR com.example.Shop - gone", "11:00:00.123", LineLevel.Error, "com.example.Shop", "", "gone" },
        { "2026-11-21 11:00:00.123 UTC [77] FATAL:  the database system is starting up", "11:00:00.123", LineLevel.Critical, "", "", "the database system is starting up" },
        { "2026-11-21T11:00:00.123456Z 0 [Warning] [MY-010068] [Server] CA certificate", "11:00:00.123456", LineLevel.Warning, "", "", "[MY-010068] [Server] CA certificate" },
        { "2026/11/21 11:00:00 http: panic serving 10.0.0.1", "11:00:00", LineLevel.Critical, "", "", "http: panic serving 10.0.0.1" },
        { "[2026-11-21 11:00:00] production.ERROR: no route", "11:00:00", LineLevel.Error, "", "", "production.ERROR: no route" },
        { "[2026-11-21T11:00:00Z] [INFO] ready", "11:00:00", LineLevel.Info, "", "", "ready" },
        { "2026-11-21 11:00:00 Error while reading", "11:00:00", LineLevel.Error, "", "", "Error while reading" },
        { "fail: Shop.Orders[17]\n      It broke\n      System.Exception: x", "now", LineLevel.Error, "Shop.Orders", "", "It broke\n      System.Exception: x" },
        { "2026-11-21T11:00:00Z warn: Shop.Orders[0] slow", "11:00:00", LineLevel.Warning, "Shop.Orders", "", "slow" },
        { "\e[41m\e[30mfail\e[39m\e[22m\e[49m: Shop.Orders[17]\n      It broke", "now", LineLevel.Error, "Shop.Orders", "", "It broke" },
        { "E, [2026-11-21T11:00:00.123456 #7] ERROR -- shop: it broke", "11:00:00.123456", LineLevel.Error, "shop", "", "it broke" },
        { "I, [2026-11-21T11:00:00.123456 #7]  INFO -- : Started GET", "11:00:00.123456", LineLevel.Info, "", "", "Started GET" },
        { "[11:00:00 ERR] it broke", "now", LineLevel.Error, "", "", "it broke" },
        { "7:M 21 Nov 2026 11:00:00.123 # low memory", "11:00:00.123", LineLevel.Warning, "", "", "low memory" },
        { "E1121 11:00:00.123456       7 pod_workers.go:190] \"Error syncing pod\"", "11:00:00.123456", LineLevel.Error, "pod_workers.go:190", "", "\"Error syncing pod\"" },
        { "time=\"2026-11-21T11:00:00Z\" level=error msg=\"no \\\"route\\\"\" service=edge code=7 done", "11:00:00", LineLevel.Error, "", "edge", "no \"route\"" },
        { "ts=2026-11-21T11:00:00.1Z caller=main.go:7 level=warn component=tsdb err=\"out of order\"", "11:00:00.1", LineLevel.Warning, "", "", "ts=2026-11-21T11:00:00.1Z caller=main.go:7 level=warn component=tsdb err=\"out of order\"" },
        { "2026-11-21T11:00:00.123456789Z stderr F E1121 10:59:00.000000       7 a.go:1] late", "11:00:00.1234567", LineLevel.Error, "a.go:1", "", "late" },

        // Anything
        { "just text", "now", LineLevel.Info, "", "", "just text" },
        { "the terrific mirror of information", "now", LineLevel.Info, "", "", "the terrific mirror of information" },
        { "a=b c=d", "now", LineLevel.Info, "", "", "a=b c=d" },
        { "[x", "now", LineLevel.Info, "", "", "[x" },
        { "<999>x", "now", LineLevel.Info, "", "", "<999>x" },
        { "2026-13-45 11:00:00 x", "now", LineLevel.Info, "", "", "2026-13-45 11:00:00 x" },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public void Each_form_is_known(string text, string time, LineLevel level, string source, string service, string message)
    {
        var line = Read(text);

        Assert.Equal((message, level, source, service), (line.Message, line.Level, line.Source, line.Service));
        Assert.Equal(time == "now" ? Now : DateTimeOffset.Parse($"2026-11-21T{time}Z"), line.At);
        Assert.True(line.Attributes.Length == 0 || JsonNode.Parse(line.Attributes) is JsonObject, line.Attributes);
    }

    [Theory]
    [InlineData("terrific", null)]
    [InlineData("the mirror", null)]
    [InlineData("information", LineLevel.Info)]
    [InlineData("informational", null)]
    [InlineData("error_count=3", null)]
    [InlineData("an ERROR, again", LineLevel.Error)]
    [InlineData("warning: then a fatal thing", LineLevel.Critical)]
    [InlineData("debug error info", LineLevel.Error)]
    [InlineData("failed", LineLevel.Error)]
    [InlineData("unfailed", null)]
    [InlineData("ValueError: bad", LineLevel.Error)]
    [InlineData("java.lang.NullPointerException", LineLevel.Error)]
    [InlineData("ErrorHandler started", null)]
    [InlineData("Traceback (most recent call last):", LineLevel.Error)]
    [InlineData("größerer", null)]
    [InlineData("", null)]
    public void A_level_is_a_whole_word(string text, LineLevel? level) => Assert.Equal(level, LineLevels.InWords(text));

    [Theory]
    [InlineData("2026-01-01T00:10:00Z", "Dec 31 23:59:00", "2025-12-31T23:59:00Z")]
    [InlineData("2026-12-31T23:59:00Z", "Jan  1 00:01:00", "2027-01-01T00:01:00Z")]
    [InlineData("2026-11-21T12:00:00Z", "Nov 21 11:00:00", "2026-11-21T11:00:00Z")]
    [InlineData("2026-11-21T12:00:00Z", "Dec 24 11:00:00", "2025-12-24T11:00:00Z")]
    [InlineData("2028-03-01T00:00:00Z", "Feb 29 11:00:00", "2028-02-29T11:00:00Z")]
    public void A_time_without_a_year_is_the_nearest(string now, string time, string expected)
    {
        var received = DateTimeOffset.Parse(now);

        Assert.Equal(DateTimeOffset.Parse(expected), new RawLines("", received).Read($"{time} web1 app: m").At);
    }

    [Fact]
    public void What_a_line_says_besides_is_kept()
    {
        Assert.Equal("""{"status_code":503,"bytes":7,"referer":"http://a/","user_agent":"curl"}""", Read("""1.2.3.4 - - [21/Nov/2026:11:00:00 +0000] "GET / HTTP/1.1" 503 7 "http://a/" "curl" """).Attributes);
        Assert.Equal("""{"pid":"31","client":"10.0.0.1","request":"GET /, HTTP/1.1"}""", Read("2026/11/21 11:00:00 [error] 31#31: *7 x, client: 10.0.0.1, request: \"GET /, HTTP/1.1\"").Attributes);
        Assert.Equal("""{"pid":"77","msgid":"ID47","meta.a":"1","o@1.c":"2"}""", Read("<34>1 2026-11-21T11:00:00Z web1 su 77 ID47 [meta a=\"1\"][o@1 c=\"2\"] x").Attributes);
        Assert.Equal("""{"code":"7"}""", Read("level=error msg=x code=7").Attributes);
        Assert.Equal("""{"a": 1, "message": "m"}""", Read("""{"a": 1, "message": "m"}""").Attributes);
    }

    [Fact]
    public void The_source_of_the_request_goes_before_that_of_the_line()
    {
        var batch = RawBatchReader.Read(Encoding.UTF8.GetBytes("""["plain", "{\"message\": \"m\", \"source\": \"own\"}"]"""), "file.log", Now).Value!;

        Assert.Equal(["file.log", "file.log"], batch.Good.Select(l => l.Source));
    }

    [Fact]
    public void Items_that_are_no_lines_are_named_and_cost_no_other()
    {
        var batch = RawBatchReader.Read("""["a", 7, null, ["b"], {"message": "as an object", "level": "error"}, "", "  \n ", "z"]"""u8, "", Now).Value!;

        Assert.Equal(["a", "as an object", "z"], batch.Good.Select(l => l.Message));
        Assert.Equal([1, 2, 3], batch.Rejected.Select(r => r.Index));
    }

    [Theory]
    [InlineData("{}", BatchFault.NotList)]
    [InlineData("\"text\"", BatchFault.NotList)]
    [InlineData("[\"a\"", BatchFault.NotJson)]
    [InlineData("plain text", BatchFault.NotJson)]
    public void A_body_that_is_no_list_is_refused(string body, string fault) => Assert.Equal(fault, RawBatchReader.Read(Encoding.UTF8.GetBytes(body), "", Now).Error!.Code);

    [Fact]
    public void Plain_text_is_cut_into_lines()
    {
        var batch = RawBatchReader.ReadText("first\r\n\r\nERROR second\n{\"message\": \"third\"}\n"u8, "", Now).Value!;

        Assert.Equal([("first", LineLevel.Info), ("ERROR second", LineLevel.Error), ("third", LineLevel.Info)], batch.Good.Select(l => (l.Message, l.Level)));
    }

    [Fact]
    public void An_object_written_for_people_is_one_entry()
    {
        var text = JsonSerializer.Serialize(new[] { "{\n  \"message\": \"m\",\n  \"level\": \"error\"\n}" });

        Assert.Equal(("m", LineLevel.Error), Assert.Single(RawBatchReader.Read(Encoding.UTF8.GetBytes(text), "", Now).Value!.Good) is var line ? (line.Message, line.Level) : default);
    }

    private static LogLine Read(string text) => new RawLines("", Now).Read(text);
}
