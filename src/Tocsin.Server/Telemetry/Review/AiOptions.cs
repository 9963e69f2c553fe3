using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Tocsin.Telemetry;

/// <summary>Which kind of interface the model has.</summary>
public enum AiProvider
{
    /// <summary>No model; or watsonx, where its own settings name it.</summary>
    None,

    /// <summary>OpenAI's chat completions, which most servers of models speak.</summary>
    OpenAi,

    /// <summary>Anthropic's messages.</summary>
    Anthropic,

    /// <summary>An agent of IBM watsonx Orchestrate.</summary>
    Watsonx,
}

/// <summary>The language model that looks at logs and metrics beside the rules, and what it may cost. Section <c>Ai</c>; the operator's, and off until it is set.</summary>
public sealed class AiOptions
{
    /// <summary>The kind of the model's interface. Default: none, and nothing is sent anywhere.</summary>
    public AiProvider Provider { get; set; }

    /// <summary>The address up to the interface's own paths, such as <c>http://127.0.0.1:11434/v1</c>; of watsonx the agent's whole address. Named here it may be an internal one. Default: the provider's own.</summary>
    [RegularExpression("^https?://.+$", ErrorMessage = "BaseUrl must begin with http:// or https://.")]
    public string BaseUrl { get; set; } = "";

    /// <summary>The key of the account. A server of one's own may need none. Default: none.</summary>
    public string ApiKey { get; set; } = "";

    /// <summary>The name of the model, as the provider writes it; watsonx has it in the agent. Default: none.</summary>
    public string Model { get; set; } = "";

    /// <summary>Where an API key of IBM becomes a token. Default: IBM's own.</summary>
    [RegularExpression("^https?://.+$", ErrorMessage = "TokenUrl must begin with http:// or https://.")]
    public string TokenUrl { get; set; } = "https://iam.cloud.ibm.com/identity/token";

    /// <summary>The agent's address, from the environment of the reliability assistant; looked at where no provider is named. Default: none.</summary>
    [RegularExpression("^https?://.+$", ErrorMessage = "WatsonxUrl must begin with http:// or https://.")]
    public string WatsonxUrl { get; set; } = "";

    /// <summary>The key for it, from the same environment. Default: none.</summary>
    public string WatsonxApiKey { get; set; } = "";

    /// <summary>The names of the workspaces that it looks at, separated by commas. Default: all; where anybody may register an account, only the workspace default.</summary>
    public string Workspaces { get; set; } = "";

    /// <summary>How often it looks at a workspace. Default 5 min, 1 min to 1 d.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan Every { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many services of a workspace it is asked about at one look, the worst first. Default 3, 1 to 20.</summary>
    [Range(1, 20)]
    public int ServicesAtOnce { get; set; } = 3;

    /// <summary>How long one answer may take. Default 120 s, 100 ms to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>The longest answer, in tokens. Default 1500, 100 to 32000.</summary>
    [Range(100, 32_000)]
    public int MaxAnswerTokens { get; set; } = 1500;

    /// <summary>How many calls a workspace has in an hour of the clock, repetitions included. Default 30, 0 to 10000.</summary>
    [Range(0, 10_000)]
    public int CallsPerHour { get; set; } = 30;

    /// <summary>How many tokens a workspace has in a day (UTC), asked and answered. Default 300000, 0 to 1000000000.</summary>
    [Range(0, 1_000_000_000)]
    public int TokensPerDay { get; set; } = 300_000;

    /// <summary>What is in use, by whichever settings name it.</summary>
    internal AiProvider InUse => Provider == AiProvider.None && WatsonxUrl.Length > 0 && WatsonxApiKey.Length > 0 ? AiProvider.Watsonx : Provider;

    internal bool IsConfigured => InUse != AiProvider.None;

    /// <summary>The address of the provider in use, without a slash at the end.</summary>
    internal string Address => (BaseUrl.Length > 0 ? BaseUrl : InUse switch
    {
        AiProvider.OpenAi => "https://api.openai.com/v1",
        AiProvider.Anthropic => "https://api.anthropic.com",
        _ => WatsonxUrl,
    }).TrimEnd('/');

    internal string Key => ApiKey.Length > 0 || InUse != AiProvider.Watsonx ? ApiKey : WatsonxApiKey;

    /// <summary>What people call it: <c>openai/gpt-x</c>.</summary>
    internal string Name => Model.Length > 0 ? $"{InUse.ToString().ToLowerInvariant()}/{Model}" : InUse.ToString().ToLowerInvariant();
}

[OptionsValidator]
internal sealed partial class AiOptionsValidator : IValidateOptions<AiOptions>;

/// <summary>What belongs together.</summary>
internal sealed class AiChoiceValidator : IValidateOptions<AiOptions>
{
    public ValidateOptionsResult Validate(string? name, AiOptions options)
    {
        List<string> faults = [];
        if (options.InUse is AiProvider.OpenAi or AiProvider.Anthropic && options.Model.Length == 0)
        {
            faults.Add("Model: name the model that Ai:Provider is to be asked for");
        }

        if (options.InUse != AiProvider.None && options.Address.Length == 0)
        {
            faults.Add("BaseUrl: watsonx has no address of its own; write the agent's into Ai:BaseUrl, or WATSONX_URL");
        }

        if (options.InUse != AiProvider.None && options.Key.Length == 0 && (options.BaseUrl.Length == 0 || options.InUse == AiProvider.Watsonx))
        {
            faults.Add("ApiKey: the provider wants a key; only a server of one's own (Ai:BaseUrl) may do without");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
