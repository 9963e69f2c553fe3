using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Tocsin.Demo.Fakes;
using Tocsin.Providers;
using Tocsin.Tests.Outgoing;

namespace Tocsin.Tests.Providers;

public sealed class GatewayTests
{
    [Fact]
    public async Task Places_are_filled_in_and_escaped_for_where_they_stand()
    {
        await using var fake = await Echo.StartAsync();
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        var gateway = new Gateway(bench.Http);
        var message = Messages.Page with { Title = "Errors \"rise\" & {to} rises\\ too" };

        Assert.IsType<SendOutcome.Accepted>(await gateway.SendAsync(
            message, Messages.Method("gateway", ("url", $"{fake.Url}send?n={{incident}}&text={{title}}"), ("to", "+4915112345678"), ("body", """{"to":"{to}","text":"{body}","key":"{key}"}"""), ("token", "Bearer t")), CancellationToken.None));

        Assert.Equal("Bearer t", fake.Authorization);
        Assert.Equal($"?n=1042&text={Uri.EscapeDataString("◆ CRITICAL #1042 checkout (prod)")}", fake.Query);
        var json = JsonNode.Parse(fake.Body)!;
        Assert.Equal(("+4915112345678", Messages.Key), (json["to"]!.GetValue<string>(), json["key"]!.GetValue<string>()));

        // What an alert says is data: a place in it stays as it is.
        Assert.StartsWith("Errors \"rise\" & {to} rises\\ too", json["text"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_and_a_GET_work_too()
    {
        await using var fake = await Echo.StartAsync();
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        var gateway = new Gateway(bench.Http);

        Assert.IsType<SendOutcome.Accepted>(await gateway.SendAsync(
            Messages.Page, Messages.Method("gateway", ("url", $"{fake.Url}send"), ("content_type", "application/x-www-form-urlencoded"), ("body", "msg={text}")), CancellationToken.None));
        Assert.Equal($"msg={Uri.EscapeDataString(Sms.Write(Messages.Page))}", fake.Body);
    }

    [Theory]
    [InlineData("url", "https://{to}.example/x", "behind the host only")]
    [InlineData("url", "https://x.example/{nothing}", "There is no place {nothing}")]
    [InlineData("url", "gopher://x", "must begin with")]
    [InlineData("method", "DELETE", "GET, POST or PUT")]
    [InlineData("content_type", "text/html", "The content type is")]
    [InlineData("body", "{wrong}", "There is no place {wrong}")]
    public void Settings_that_cannot_be_right_are_refused(string key, string value, string says)
    {
        using var bench = new OutgoingBench();
        var method = Messages.Method("gateway", key == "url" ? [("url", value)] : [("url", "https://x.example/"), (key, value)]);

        Assert.Contains(new Gateway(bench.Http).Check(method), error => error.Field == key && error.Detail.Contains(says, StringComparison.Ordinal));
    }

    /// <summary>Takes everything and remembers the last.</summary>
    private sealed class Echo(TimeProvider clock) : FakeHttp(clock)
    {
        public string Body { get; private set; } = "";

        public string Query { get; private set; } = "";

        public string Authorization { get; private set; } = "";

        public static async Task<Echo> StartAsync()
        {
            var echo = new Echo(TimeProvider.System);
            await echo.ListenAsync(0, default);
            return echo;
        }

        protected override FakeAnswer Take(HttpRequest request, byte[] body)
        {
            (Body, Query, Authorization) = (Encoding.UTF8.GetString(body), request.QueryString.Value ?? "", request.Headers.Authorization.ToString());
            return new(200, "ok");
        }

        protected override FakeAnswer? Show(PathString path) => null;
    }
}
