using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Tocsin.Demo.Fakes;

/// <param name="Provider">openai, anthropic or watsonx.</param>
/// <param name="System">What was said as the system; of watsonx nothing, since it has no such part.</param>
internal sealed record ModelQuestion(string Provider, string System, string Text);

/// <summary>
/// A language model behind three interfaces: OpenAI's chat completions at <c>/v1</c>, Anthropic's messages, an agent of watsonx at <c>/agent</c> with IBM's tokens at
/// <c>/identity/token</c>. Checks keys and forms as the real ones do. It answers by the rule that anything critical is an anomaly, or as it was told:
/// <c>POST /_say?as=anomaly|healthy|refusal|prose|garbage|cut&amp;times=2</c>. <c>GET /</c> lists the questions.
/// </summary>
internal sealed class FakeModel : FakeHttp
{
    public const string Key = "sk-thekeyofthefakemodel0123456789";
    public const string Name = "fake-1";
    public const string Anomaly = """
        {"anomaly_detected": true, "severity": "high", "title": "The database refuses connections", "root_cause": "The pool of connections is used up", "contributing_factors": ["every request waits for one"],
         "recommended_actions": [{"action": "restart_service", "service": "db", "reason": "it frees the connections"}], "summary": "Requests fail since the pool is used up."}
        """;

    private const string Healthy = """{"anomaly_detected": false}""";

    private readonly List<ModelQuestion> _questions = [];
    private readonly Queue<string> _answers = new();
    private readonly HashSet<string> _tokens = [];
    private readonly Lock _gate = new();

    private FakeModel(TimeProvider clock)
        : base(clock)
    {
    }

    /// <summary>What each question came to, oldest first.</summary>
    public IReadOnlyList<ModelQuestion> Questions
    {
        get
        {
            lock (_gate)
            {
                return [.. _questions];
            }
        }
    }

    /// <summary>How many tokens of IBM's kind were given.</summary>
    public int TokensGiven { get; private set; }

    public string OpenAi => new Uri(Url, "v1").ToString();

    public string Anthropic => Url.ToString();

    public string Agent => new Uri(Url, "agent").ToString();

    public string TokenUrl => new Uri(Url, "identity/token").ToString();

    /// <param name="port">0: any that is free.</param>
    public static async Task<FakeModel> StartAsync(TimeProvider clock, int port = 0, CancellationToken ct = default)
    {
        var fake = new FakeModel(clock);
        await fake.ListenAsync(port, ct);
        return fake;
    }

    /// <summary>The next questions get this answer, word for word, one each.</summary>
    public void Say(string answer, int times = 1)
    {
        lock (_gate)
        {
            for (var i = 0; i < times; i++)
            {
                _answers.Enqueue(answer);
            }
        }
    }

    /// <summary>Takes back all tokens of IBM's kind.</summary>
    public void Revoke()
    {
        lock (_gate)
        {
            _tokens.Clear();
        }
    }

    protected override FakeAnswer Take(HttpRequest request, byte[] body)
    {
        lock (_gate)
        {
            return request.Path.Value switch
            {
                "/_say" => Command(request.Query),
                "/identity/token" => Grant(body),
                "/v1/chat/completions" => request.Headers.Authorization == $"Bearer {Key}" ? Complete(body) : Fails(401, $"Incorrect API key provided: {request.Headers.Authorization}"),
                "/v1/messages" => Message(request, body),
                "/agent" => request.Headers.Authorization.ToString() is ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var token] && _tokens.Contains(token) ? Agree(body) : Fails(401, "Unauthorized"),
                _ => Fails(404, "Not found"),
            };
        }
    }

    protected override FakeAnswer? Show(PathString path) => path == "/"
        ? Json(200, new JsonArray([.. Questions.Select(q => new JsonObject { ["provider"] = q.Provider, ["system"] = q.System, ["text"] = q.Text })]))
        : null;

    private FakeAnswer Command(IQueryCollection query)
    {
        var said = query["as"].ToString() switch
        {
            "anomaly" => Anomaly,
            "healthy" => Healthy,
            "refusal" => "I'm sorry, but I can't help with that.",
            "prose" => "There is a critical outage of the database. Restart it.",
            "garbage" => "%PDF-1.7 \u0001\u0002",
            "cut" => Anomaly[..60],
            _ => null,
        };
        if (said is null)
        {
            return new(400, "as=anomaly|healthy|refusal|prose|garbage|cut [times=N]\n");
        }

        var times = int.TryParse(query["times"].ToString(), out var n) ? Math.Clamp(n, 1, 1000) : 1;
        for (var i = 0; i < times; i++)
        {
            _answers.Enqueue(said);
        }

        return new(200, $"The next {times} hear: {said}\n");
    }

    private FakeAnswer Grant(byte[] body)
    {
        var form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body));
        if (form.GetValueOrDefault("grant_type") != "urn:ibm:params:oauth:grant-type:apikey" || form.GetValueOrDefault("apikey") != Key)
        {
            return Json(400, new JsonObject { ["errorCode"] = "BXNIM0415E", ["errorMessage"] = "Provided API key could not be found." });
        }

        var token = $"ibm-token-{++TokensGiven}";
        _tokens.Add(token);
        return Json(200, new JsonObject { ["access_token"] = token, ["expires_in"] = 3600, ["token_type"] = "Bearer" });
    }

    private FakeAnswer Complete(byte[] body)
    {
        if (Read(body) is not { } form || !IsText(form["model"]) || form["messages"] is not JsonArray { Count: > 0 } messages || messages.Any(m => !IsText(m?["role"]) || !IsText(m?["content"]))
            || (form["max_tokens"] ?? form["max_completion_tokens"])?.GetValueKind() != JsonValueKind.Number)
        {
            return Fails(400, "We could not parse the JSON body of your request.");
        }

        if (Text(form["model"]) != Name)
        {
            return Fails(404, "The model does not exist.");
        }

        var answer = Answer(new("openai", string.Concat(messages.Where(m => Text(m!["role"]) == "system").Select(m => Text(m!["content"]))), string.Concat(messages.Where(m => Text(m!["role"]) == "user").Select(m => Text(m!["content"])))));
        return Json(200, new JsonObject
        {
            ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = answer }, ["finish_reason"] = "stop" }),
            ["usage"] = new JsonObject { ["prompt_tokens"] = 900, ["completion_tokens"] = 100, ["total_tokens"] = 1000 },
        });
    }

    private FakeAnswer Message(HttpRequest request, byte[] body)
    {
        if (request.Headers["x-api-key"] != Key)
        {
            return Fails(401, "invalid x-api-key");
        }

        if (request.Headers["anthropic-version"] != "2023-06-01" || Read(body) is not { } form || !IsText(form["system"]) || form["max_tokens"]?.GetValueKind() != JsonValueKind.Number
            || form["messages"] is not JsonArray { Count: > 0 } messages || messages.Any(m => Text(m?["role"]) is not ("user" or "assistant") || !IsText(m!["content"])))
        {
            return Fails(400, "invalid_request_error");
        }

        if (Text(form["model"]) != Name)
        {
            return Fails(404, "model: not found");
        }

        var answer = Answer(new("anthropic", Text(form["system"]), string.Concat(messages.Select(m => Text(m!["content"])))));
        return Json(200, new JsonObject
        {
            ["type"] = "message",
            ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = answer }),
            ["stop_reason"] = "end_turn",
            ["usage"] = new JsonObject { ["input_tokens"] = 900, ["output_tokens"] = 100 },
        });
    }

    private FakeAnswer Agree(byte[] body) =>
        Read(body) is not { } form || form["stream"]?.GetValueKind() != JsonValueKind.False || form["messages"] is not JsonArray { Count: 1 } messages || Text(messages[0]?["role"]) != "user"
            ? Fails(422, "Unprocessable")
            : Json(200, new JsonObject { ["choices"] = new JsonArray(new JsonObject { ["message"] = new JsonObject { ["content"] = Answer(new("watsonx", "", Text(messages[0]!["content"]))) } }) });

    private string Answer(ModelQuestion question)
    {
        _questions.Add(question);
        if (_questions.Count > Remembered)
        {
            _questions.RemoveAt(0);
        }

        return _answers.TryDequeue(out var told) ? told : question.Text.Contains("\"level\":\"critical\"", StringComparison.Ordinal) ? Anomaly : Healthy;
    }

    private static JsonObject? Read(byte[] body)
    {
        try
        {
            return JsonNode.Parse(body) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static FakeAnswer Fails(int status, string message) => Json(status, new JsonObject { ["error"] = new JsonObject { ["message"] = message } });

    private static FakeAnswer Json(int status, JsonNode body) => new(status, body.ToJsonString(), "application/json");

    private static bool IsText(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String;

    private static string Text(JsonNode? node) => IsText(node) ? node!.GetValue<string>() : "";
}
