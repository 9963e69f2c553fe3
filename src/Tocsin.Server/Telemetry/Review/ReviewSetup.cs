using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Hosting;
using Tocsin.Providers;

namespace Tocsin.Telemetry;

internal static class ReviewSetup
{
    public static void AddAiSettings(this IServiceCollection services)
    {
        services.AddOptions<AiOptions>().BindConfiguration("Ai").ValidateOnStart();
        services.AddSingleton<IValidateOptions<AiOptions>, AiOptionsValidator>();
        services.AddSingleton<IValidateOptions<AiOptions>, AiChoiceValidator>();
        services.AddSingleton(new SettingsSection("Ai", typeof(AiOptions)));
    }

    public static IServiceCollection AddReview(this IServiceCollection services) => services
        .AddSingleton<ModelHttp>().AddSingleton<ModelBudget>().AddSingleton<ReviewStore>().AddSingleton<ServiceReader>().AddSingleton<VerdictDesk>().AddSingleton<ReviewParts>().AddSingleton<ModelReview>()
        .AddSingleton(provider => new ModelDesk(
            ModelOf(provider), provider.GetRequiredService<ModelBudget>(), provider.GetRequiredService<IOptions<AiOptions>>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ModelDesk>>()));

    private static IModel? ModelOf(IServiceProvider provider) => provider.GetRequiredService<IOptions<AiOptions>>().Value.InUse switch
    {
        AiProvider.OpenAi => new OpenAiModel(provider.GetRequiredService<ModelHttp>()),
        AiProvider.Anthropic => new AnthropicModel(provider.GetRequiredService<ModelHttp>()),
        AiProvider.Watsonx => new WatsonxModel(provider.GetRequiredService<ModelHttp>(), provider.GetRequiredService<TimeProvider>()),
        _ => null,
    };
}
