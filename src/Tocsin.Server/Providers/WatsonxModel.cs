using System.Text.Json;
using System.Text.Json.Nodes;
using Tocsin.Telemetry;

namespace Tocsin.Providers;

/// <summary>An agent of IBM watsonx Orchestrate: the account's key becomes a token, which is kept until shortly before it ends.</summary>
internal sealed class WatsonxModel(ModelHttp http, TimeProvider clock) : IModel, IDisposable
{
    /// <summary>IBM's tokens last an hour.</summary>
    private static readonly TimeSpan _tokenLife = TimeSpan.FromMinutes(50);
    private static readonly TimeSpan _tokenTimeout = TimeSpan.FromSeconds(30);

    private static readonly string[] _answers = ["content", "response", "text", "output", "answer"];

    private readonly SemaphoreSlim _turn = new(1);
    private (string Value, DateTimeOffset Until)? _token;

    public async Task<ModelAnswer> AskAsync(ModelPrompt prompt, CancellationToken ct)
    {
        var (token, refused) = await TokenAsync(ct);
        if (token is null)
        {
            return refused!;
        }

        // An agent brings its own system message, so that ours stands before the data.
        var question = new JsonObject
        {
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = $"{prompt.System}\n\n{prompt.Text}" }),
            ["stream"] = false,
        };
        var (body, fault) = await http.PostAsync(http.Options.Address, question, ct, ("Authorization", $"Bearer {token}"));
        using (body)
        {
            if (fault is ModelAnswer.Refused)
            {
                // It may have been taken back; the next question gets a new one.
                _token = null;
            }

            return fault ?? new ModelAnswer.Said(Read(body!.RootElement), null);
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<(string? Token, ModelAnswer? Fault)> TokenAsync(CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            if (_token is { } known && known.Until > clock.GetUtcNow())
            {
                return (known.Value, null);
            }

            using var limit = new CancellationTokenSource(_tokenTimeout, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
            var request = new HttpRequestMessage(HttpMethod.Post, http.Options.TokenUrl)
            {
                Content = new FormUrlEncodedContent([new("grant_type", "urn:ibm:params:oauth:grant-type:apikey"), new("apikey", http.Options.Key)]),
            };
            request.Headers.TryAddWithoutValidation("Accept", "application/json");
            var (body, fault) = await http.SendAsync(request, either.Token);
            using (body)
            {
                if (fault is not null)
                {
                    // IBM says 400 where a key is wrong.
                    return (null, fault is ModelAnswer.Refused ? new ModelAnswer.Refused("IBM gives no token for this key: check Ai:ApiKey, or WATSONX_API_KEY, and Ai:TokenUrl.") : fault);
                }

                if (body!.RootElement.Text("access_token") is not { Length: > 0 } token)
                {
                    return (null, new ModelAnswer.Later("IBM's answer has no token."));
                }

                _token = (token, clock.GetUtcNow() + _tokenLife);
                return (token, null);
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return (null, new ModelAnswer.Later($"IBM gave no token within {_tokenTimeout.TotalSeconds:0} s."));
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Agents answer in several shapes; where none is known, the whole answer is read.</summary>
    private static string Read(JsonElement body)
    {
        var choice = body.Items("choices").FirstOrDefault();
        if (choice.Part("message").Text("content") is { Length: > 0 } content)
        {
            return content;
        }

        foreach (var name in _answers)
        {
            if (body.Text(name) is { Length: > 0 } text)
            {
                return text;
            }
        }

        return body.GetRawText();
    }
}
