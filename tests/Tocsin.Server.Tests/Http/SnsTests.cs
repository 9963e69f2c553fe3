using System.Net;
using System.Text.Json.Nodes;
using Tocsin.Demo.Fakes;
using Tocsin.Identity;
using Tocsin.Providers;
using Tocsin.Tests.Providers;

namespace Tocsin.Tests.Http;

/// <summary>Messages of SNS over HTTP, signed rightly and in every wrong way.</summary>
public abstract class SnsTests(Engine engine) : IAsyncLifetime
{
    private const string Key = "sns-source-key-000000001";
    private const string OldKey = "sns-source-key-000000002";

    private static readonly string _alarm = PipelineBench.Alarm("TEAM=payments|PRIORITY=P1").ToJsonString();

    private DirectoryInfo _folder = null!;
    private FakeSns _sns = null!;
    private HttpBench _bench = null!;
    private HttpClient _sender = null!;
    private HttpClient _reader = null!;

    public async Task InitializeAsync()
    {
        _folder = Directory.CreateTempSubdirectory("tocsin-sns-");
        _sns = await FakeSns.StartAsync(TimeProvider.System, _folder.FullName);
        _bench = await HttpBench.StartAsync(engine, builder =>
        {
            builder.Configuration["Outgoing:Allow"] += $",{_sns.HostAndPort}";
            builder.Configuration["Sns:Endpoint"] = _sns.Url.AbsoluteUri;
            builder.Configuration["Sns:CaFile"] = _sns.CaFile;
        });
        await _bench.EditEstateAsync(
            "sources:\n",
            $"sources:\n  - {{name: topics, type: sns, key: {Key}, topics: \"{FakeSns.Topic}\"}}\n  - {{name: old-topics, type: sns, key: {OldKey}, topics: \"{FakeSns.Topic}\", signature_v1: true}}\n");
        await _bench.RestartAsync(builder =>
        {
            builder.Configuration["Outgoing:Allow"] += $",{_sns.HostAndPort}";
            builder.Configuration["Sns:Endpoint"] = _sns.Url.AbsoluteUri;
            builder.Configuration["Sns:CaFile"] = _sns.CaFile;
        });
        (_sender, _reader) = (_bench.Anybody(), await _bench.CallerAsync(Role.Viewer));
    }

    public async Task DisposeAsync()
    {
        await _bench.DisposeAsync();
        await _sns.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [StoreFact]
    public async Task A_signed_alarm_opens_an_incident_and_has_its_canonical_event_after_a_restart_too()
    {
        var answer = await PostAsync(_sns.Message("Notification", _alarm, "m-1"), HttpStatusCode.Accepted);
        Assert.Equal(("accepted", 1), (answer["verdict"].Text(), answer["accepted"]!.GetValue<int>()));

        await _bench.RestartAsync();
        _reader = await _bench.CallerAsync(Role.Viewer);
        var alert = Assert.Single((await _reader.GetJsonAsync("/api/v1/alerts")).Items())!;
        var canonical = await _reader.GetJsonAsync($"/api/v1/alerts/{alert["id"]}/canonical");
        Assert.Equal(("cloudwatch", "FIRING", "P1", "payments"), (canonical["source"].Text(), canonical["state"].Text(), canonical["priority"].Text(), canonical["teams"]![0].Text()));
    }

    [StoreFact]
    public async Task A_message_is_taken_once_however_often_it_is_sent()
    {
        var text = _sns.Message("Notification", "Somebody published a text", "m-2");
        Assert.Equal("accepted", (await PostAsync(text, HttpStatusCode.Accepted))["verdict"].Text());
        await _bench.RestartAsync(builder =>
        {
            builder.Configuration["Outgoing:Allow"] += $",{_sns.HostAndPort}";
            builder.Configuration["Sns:Endpoint"] = _sns.Url.AbsoluteUri;
            builder.Configuration["Sns:CaFile"] = _sns.CaFile;
        });
        _sender = _bench.Anybody();

        Assert.Equal("duplicate", (await PostAsync(text, HttpStatusCode.Accepted))["verdict"].Text());
        Assert.Equal(1, _sns.Asked.Count(a => a == FakeSns.CertificatePath) - 1);
    }

    [StoreFact]
    public async Task A_subscription_is_confirmed_at_the_endpoint_and_never_at_the_address_in_the_message()
    {
        await PostAsync(_sns.Message("SubscriptionConfirmation", "You have chosen to subscribe", "m-3"), HttpStatusCode.Accepted);
        await PostAsync(_sns.Message("UnsubscribeConfirmation", "You have chosen to leave", "m-4"), HttpStatusCode.Accepted);

        Assert.Equal(
            [FakeSns.CertificatePath, $"/?Action=ConfirmSubscription&Version=2010-03-31&TopicArn={Uri.EscapeDataString(FakeSns.Topic)}&Token=2336412f37fb687f"],
            _sns.Asked);
        Assert.Empty((await _reader.GetJsonAsync("/api/v1/alerts")).Items());
    }

    [StoreFact]
    public async Task A_confirmation_that_SNS_does_not_take_is_asked_for_again()
    {
        await PostAsync(_sns.Message("Notification", _alarm, "m-5"), HttpStatusCode.Accepted);
        _sns.FailNext(new FakeFault.Answer(500));

        await PostAsync(_sns.Message("SubscriptionConfirmation", "You have chosen to subscribe", "m-6"), HttpStatusCode.ServiceUnavailable);
    }

    [StoreFact]
    public async Task Whatever_may_be_forged_is_refused_and_makes_no_alert()
    {
        string[] wrong =
        [
            Changed(_sns.Message("Notification", _alarm, "f-1"), "Message", _alarm.Replace("cpu", "disk", StringComparison.Ordinal)),
            Changed(_sns.Message("Notification", _alarm, "f-2"), "MessageId", "another"),
            Changed(_sns.Message("Notification", _alarm, "f-3"), "Subject", "another"),
            Changed(_sns.Message("Notification", _alarm, "f-4"), "Signature", "AAAA"),
            _sns.Message("Notification", _alarm, "f-5", forged: true),
            _sns.Message("Notification", _alarm, "f-6", m => m["SigningCertURL"] = $"https://sns.us-east-1.amazonaws.com{FakeSns.ForgedPath}", forged: true),
            _sns.Message("Notification", _alarm, "f-7", m => m["SigningCertURL"] = "https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-00.pem"),
            _sns.Message("Notification", _alarm, "f-8", m => m["Timestamp"] = "2020-01-01T00:00:00.000Z"),
            _sns.Message("Notification", _alarm, "f-9", m => m["Timestamp"] = DateTimeOffset.UtcNow.AddMinutes(-61).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'")),
            _sns.Message("Notification", _alarm, "f-10", m => m["SignatureVersion"] = "1"),
            _sns.Message("Notification", _alarm, "f-11", m => m["TopicArn"] = "arn:aws:sns:us-east-1:123456789012:other"),
            _alarm,
            "no JSON",
        ];
        foreach (var message in wrong)
        {
            await PostAsync(message, HttpStatusCode.Forbidden);
        }

        Assert.Empty((await _reader.GetJsonAsync("/api/v1/alerts")).Items());
        Assert.DoesNotContain(_sns.Asked, a => a.Contains("evil", StringComparison.Ordinal));
        Assert.Equal(wrong.Length, (await _reader.GetJsonAsync("/api/v1/rejected?limit=100")).Items().Count(d => d!["verdict"].Text() == "refused"));
    }

    [StoreFact]
    public async Task A_redirect_in_place_of_the_certificate_leads_nowhere()
    {
        _sns.FailNext(new FakeFault.Answer(302, Location: new Uri(_sns.Url, FakeSns.CertificatePath).AbsoluteUri));

        await PostAsync(_sns.Message("Notification", _alarm, "r-1"), HttpStatusCode.ServiceUnavailable);
        Assert.Equal("accepted", (await PostAsync(_sns.Message("Notification", _alarm, "r-1"), HttpStatusCode.Accepted))["verdict"].Text());
    }

    [StoreFact]
    public async Task A_certificate_that_is_over_or_somebody_elses_is_not_trusted_and_is_not_asked_for_at_every_message()
    {
        foreach (var path in (string[])[FakeSns.ExpiredPath, FakeSns.ForeignPath])
        {
            for (var i = 0; i < 3; i++)
            {
                await PostAsync(_sns.Message("Notification", _alarm, $"{path}-{i}", m => m["SigningCertURL"] = $"https://sns.us-east-1.amazonaws.com{path}"), HttpStatusCode.Forbidden);
            }

            Assert.Equal(1, _sns.Asked.Count(asked => asked == path));
        }

        Assert.Empty((await _reader.GetJsonAsync("/api/v1/alerts")).Items());
    }

    [StoreFact]
    public async Task A_good_certificate_is_kept_for_a_day_and_one_that_could_not_be_fetched_is_asked_for_again()
    {
        _sns.FailNext(new FakeFault.Answer(500));
        await PostAsync(_sns.Message("Notification", _alarm, "c-1"), HttpStatusCode.ServiceUnavailable);
        await PostAsync(_sns.Message("Notification", _alarm, "c-1"), HttpStatusCode.Accepted);
        for (var i = 2; i < 6; i++)
        {
            await PostAsync(_sns.Message("Notification", _alarm, $"c-{i}"), HttpStatusCode.Accepted);
        }

        Assert.Equal(1, _sns.Asked.Count(asked => asked == FakeSns.CertificatePath));
        _bench.Pass(TimeSpan.FromHours(25));
        await PostAsync(_sns.Message("Notification", _alarm, "c-9", m => m["Timestamp"] = DateTimeOffset.UtcNow.AddHours(25).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'")), HttpStatusCode.Accepted);
        Assert.Equal(2, _sns.Asked.Count(asked => asked == FakeSns.CertificatePath));
    }

    [StoreFact]
    public async Task SHA_1_is_taken_only_where_it_is_asked_for()
    {
        var message = _sns.Message("Notification", _alarm, "v-1", m => m["SignatureVersion"] = "1");

        await PostAsync(message, HttpStatusCode.Forbidden);
        await PostAsync(message, HttpStatusCode.Accepted, OldKey);
    }

    [StoreFact]
    public async Task No_other_way_in_leaves_the_signature_out()
    {
        foreach (var (method, path) in new[] { (HttpMethod.Put, $"/in/sns/{Key}"), (HttpMethod.Post, $"/in/SNS/{Key}/"), (HttpMethod.Post, $"/in/cloudwatch/{Key}"), (HttpMethod.Post, $"/webhook/aws/{Key}") })
        {
            using var request = new HttpRequestMessage(method, path) { Content = new StringContent(_alarm) };
            using var answer = await _sender.SendAsync(request);
            Assert.True((int)answer.StatusCode is >= 400 and < 500, $"{method} {path}: {answer.StatusCode}");
        }

        Assert.Empty((await _reader.GetJsonAsync("/api/v1/alerts")).Items());
    }

    private async Task<JsonNode> PostAsync(string message, HttpStatusCode expected, string key = Key)
    {
        // SNS says text/plain.
        using var answer = await _sender.PostAsync($"/in/sns/{key}", new StringContent(message));
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(expected == answer.StatusCode, $"{answer.StatusCode}: {body}");
        return JsonNode.Parse(body)!;
    }

    private static string Changed(string message, string name, string value)
    {
        var node = JsonNode.Parse(message)!;
        node[name] = value;
        return node.ToJsonString();
    }
}

public sealed class SnsOnSqlite() : SnsTests(Engine.Sqlite);

public sealed class SnsOnPostgres() : SnsTests(Engine.Postgres);

public sealed class SnsMessageTests
{
    [Theory]
    [InlineData("https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a1b.pem", true)]
    [InlineData("https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-0a1b.pem", true)]
    [InlineData("https://sns.us-east-1.amazonaws.com:443/SimpleNotificationService-0a1b.pem", true)]
    [InlineData("http://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a1b.pem", false)]
    [InlineData("https://sns.us-east-1.amazonaws.com:8443/SimpleNotificationService-0a1b.pem", false)]
    [InlineData("https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a1b.pem?x=1", false)]
    [InlineData("https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a1b.pem\n", false)]
    [InlineData("https://sns.us-east-1.amazonaws.com/x/../SimpleNotificationService-0a1b.pem", false)]
    [InlineData("https://sns.us-east-1.amazonaws.com/SimpleNotificationService-xyz.pem", false)]
    [InlineData("https://bucket.s3.amazonaws.com/SimpleNotificationService-0a1b.pem", false)]
    [InlineData("https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-0a1b.pem", false)]
    [InlineData("https://evil.example/sns.us-east-1.amazonaws.com/SimpleNotificationService-0a1b.pem", false)]
    [InlineData("https://user@sns.us-east-1.amazonaws.com/SimpleNotificationService-0a1b.pem", false)]
    [InlineData("https://snsXus-east-1.amazonaws.com/SimpleNotificationService-0a1b.pem", false)]
    [InlineData("https://SNS.us-east-1.amazonaws.com/SimpleNotificationService-0a1b.pem", false)]
    [InlineData("", false)]
    public void A_certificate_comes_from_hosts_of_SNS_only(string url, bool pinned) => Assert.Equal(pinned, SnsMessage.IsPinned(url));
}
