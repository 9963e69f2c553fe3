using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Notify;
using Tocsin.Providers;

namespace Tocsin.Tests.Http;

/// <summary>What comes back from chat systems and phones, by a system that signs with one word and sends JSON.</summary>
public sealed class ReplyTests : IAsyncLifetime
{
    private HttpBench _bench = null!;
    private HttpClient _anybody = null!;
    private HttpClient _viewer = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync(configure: builder => builder.Services.AddSingleton<IReplySource, Wire>());
        _anybody = _bench.Anybody();
        _viewer = await _bench.CallerAsync(Role.Viewer);
        await _anybody.FireAsync(HttpBench.PrometheusKey, "alertname=Db,service=checkout,severity=critical");
        await _bench.PagedAsync();
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task Whoever_has_the_account_acts_by_pressing_a_button()
    {
        Assert.Equal("Done: You have #1. Nobody else is paged.", await ReplyAsync(new { account = "ana", verb = "Acknowledge", code = await CodeAsync() }));

        var incident = await _viewer.GetJsonAsync("/api/v1/incidents/1");
        Assert.Equal(("acknowledged", "ana"), (incident["incident"]!["status"].Text(), incident["incident"]!["acknowledged_by"].Text()));
        Assert.Contains(incident["timeline"]!.AsArray(), e => e!["kind"].Text() == "incident.acknowledged" && e["actor"].Text() == "user:ana via wire");
    }

    [Fact]
    public async Task The_address_of_one_page_knows_which_incident_is_meant()
    {
        var page = await PageAsync();

        Assert.Equal("Done: #1 is resolved. Nobody is paged for it unless it comes back.", await ReplyAsync(new { account = "bo", verb = "Resolve" }, page));
    }

    [Fact]
    public async Task The_same_answer_twice_is_one_answer()
    {
        var act = new { account = "ana", verb = "Note", text = "looking", incident = 1, id = "e1" };

        Assert.Equal("Done: The note is in the timeline of #1.", await ReplyAsync(act));
        Assert.Equal("Repeated: The note is in the timeline of #1.", await ReplyAsync(act));
        Assert.Single((await _viewer.GetJsonAsync("/api/v1/incidents/1"))["timeline"]!.AsArray(), e => e!["kind"].Text() == "incident.note_added");
    }

    [Fact]
    public async Task Who_is_not_linked_hears_how_to_link_and_changes_nothing()
    {
        Assert.Equal("Unlinked: Put eve into a contact method.", await ReplyAsync(new { account = "eve", verb = "Resolve", incident = 1 }));
        Assert.Equal("triggered", await StatusAsync());
    }

    [Fact]
    public async Task Who_may_only_look_changes_nothing()
    {
        await _bench.PersonAsync("ana", Role.Viewer);

        Assert.Equal("Refused: ana may not act on incidents. Nothing was changed; ask an administrator for the role responder.", await ReplyAsync(new { account = "ana", verb = "Resolve", incident = 1 }));
        Assert.Equal("triggered", await StatusAsync());
    }

    [Fact]
    public async Task Who_was_locked_out_changes_nothing()
    {
        await _bench.PersonAsync("ana", Role.Responder);
        await _bench.Service<Database>().WriteAsync(tx => tx.ExecuteAsync("UPDATE person SET disabled_at = 1 WHERE email = 'ana@acme.test'"), default);

        Assert.StartsWith("Refused", await ReplyAsync(new { account = "ana", verb = "Resolve", incident = 1 }), StringComparison.Ordinal);
        Assert.Equal("triggered", await StatusAsync());
    }

    [Fact]
    public async Task An_account_of_two_people_is_nobodys()
    {
        await _bench.EditEstateAsync("/bo\"", "/ana\"");
        await _bench.RestartAsync(builder => builder.Services.AddSingleton<IReplySource, Wire>());

        using var response = await SendAsync(_bench.Anybody(), new { account = "ana", verb = "Resolve", incident = 1 });

        Assert.StartsWith("Refused: This account is in the contact methods of several people", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_button_of_another_workspace_means_nothing_here()
    {
        var code = _bench.Service<PublicLinks>().AnswerCode(2, 1);

        Assert.Equal("Refused: The button does not belong to an incident of this workspace. Nothing was changed.", await ReplyAsync(new { account = "ana", verb = "Resolve", code }));
        Assert.Equal("triggered", await StatusAsync());
    }

    [Fact]
    public async Task The_key_says_whose_answers_these_are_and_nothing_else()
    {
        var links = _bench.Service<PublicLinks>();
        string[] keys = ["", "nonsense", links.ReplyKey("slack", new(1, 0)), links.AnswerCode(1, 0), links.Token(new(1, 0, DateTimeOffset.MaxValue)), links.ReplyKey("wire", new(99, 0))];

        foreach (var key in keys)
        {
            using var response = await SendAsync(_anybody, new { account = "ana", verb = "Resolve", incident = 1 }, key: key);
            Assert.Contains(response.StatusCode, new[] { HttpStatusCode.Unauthorized, HttpStatusCode.NotFound });
        }

        Assert.Equal("triggered", await StatusAsync());
    }

    [Fact]
    public async Task What_the_system_did_not_sign_is_refused_and_what_cannot_be_read_is_said()
    {
        using var forged = await SendAsync(_anybody, new { account = "ana", verb = "Resolve", incident = 1 }, word: "guess");
        Assert.Equal(HttpStatusCode.Unauthorized, forged.StatusCode);

        using var garbage = await SendAsync(_anybody, "rubbish");
        Assert.Equal(HttpStatusCode.BadRequest, garbage.StatusCode);

        using var flood = await SendAsync(_anybody, new string('x', 300_000));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, flood.StatusCode);
        Assert.Equal("triggered", await StatusAsync());
    }

    private async Task<string> ReplyAsync(object act, long page = 0)
    {
        using var response = await SendAsync(_anybody, act, page);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpClient sender, object act, long page = 0, string? key = null, string word = Wire.Word)
    {
        key ??= _bench.Service<PublicLinks>().ReplyKey("wire", new(1, page));
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/reply/wire/{key}")
        {
            Content = new StringContent(act as string ?? System.Text.Json.JsonSerializer.Serialize(act), Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("X-Word", word);
        return await sender.SendAsync(request);
    }

    private async Task<string> StatusAsync() => (await _viewer.GetJsonAsync("/api/v1/incidents/1"))["incident"]!["status"].Text();

    private async Task<long> PageAsync() => (await _viewer.GetJsonAsync("/api/v1/pages")).Items()[^1]!["id"]!.GetValue<long>();

    private async Task<string> CodeAsync() => _bench.Service<PublicLinks>().AnswerCode(1, await PageAsync());

    /// <summary>An account is the end of the webhook's address: ana's is <c>ana</c>.</summary>
    private sealed class Wire : IReplySource
    {
        public const string Word = "sesame";

        public string Id => "wire";

        public bool IsOf(ContactMethod method, string account) => method.Type == "webhook" && method.Settings["url"].EndsWith($"/{account}", StringComparison.Ordinal);

        public string HowToLink(string account) => $"Put {account} into a contact method.";

        public Task<Result<Reply>> ReadAsync(ReplyRequest request, CancellationToken ct)
        {
            if (request.Headers("X-Word") != Word)
            {
                return Task.FromResult<Result<Reply>>(Error.Forbidden("The word is wrong."));
            }

            try
            {
                var json = JsonNode.Parse(request.Body.Span)!;
                var act = new ReplyAct(json["account"].Text(), Enum.Parse<ReplyVerb>(json["verb"].Text()))
                {
                    Code = json["code"]?.Text(),
                    Text = json["text"]?.Text(),
                    Incident = json["incident"]?.GetValue<long>() ?? 0,
                };
                return Task.FromResult<Result<Reply>>(new Reply(json["id"]?.Text(), [act]));
            }
            catch (System.Text.Json.JsonException)
            {
                return Task.FromResult<Result<Reply>>(Error.Invalid("body", "It is not JSON."));
            }
        }

        public Task<ReplyAnswer> AnswerAsync(ReplyRequest request, Reply reply, IReadOnlyList<ReplyOutcome> outcomes, CancellationToken ct) =>
            Task.FromResult(new ReplyAnswer(string.Join('\n', outcomes.Select(o => $"{o.Result}: {o.Text}"))));
    }
}
