using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Identity;
using Tocsin.Identity.Oidc;

namespace Tocsin.Pages;

internal static class PagesSetup
{
    public static IServiceCollection AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents();
        services.AddSingleton<FrameFacts>().AddSingleton<AlertReader>().AddSingleton<FrameFactory>().AddSingleton<StarterEstate>().AddSingleton<ContactReader>().AddSingleton<TestAnswers>().AddSingleton<LoginDoors>().AddSingleton<MemberReader>().AddSingleton<SecurityReader>().AddSingleton<SignInReader>().AddSingleton<InstallationSettings>();
        services.AddSingleton<StoredObjects>().AddSingleton<IncidentTelemetryReader>().AddSingleton<ServiceFiguresReader>().AddSingleton<DetectorEditReader>().AddSingleton<IncidentFindingsReader>();
        return services;
    }

    public static void MapPages(this IEndpointRouteBuilder routes)
    {
        routes.MapPageAssets();
        routes.MapAppFiles();
        routes.MapDevicePages();
        routes.MapAccount();
        routes.MapPasswords();
        routes.MapJoining();
        routes.MapOidc();
        routes.MapSecondStep();
        routes.MapPasskeys();
        routes.MapFactors();
        routes.MapActions();
        routes.MapSwapLinks();
        routes.MapSilenceLinks();
        var pages = routes.MapGroup("").RequireAuthorization(Policies.Viewer).ExcludeFromDescription();
        pages.MapInbox();
        pages.MapAlertPages();
        pages.MapLive();
        pages.MapIncidentPages();
        pages.MapOnCallPages();
        pages.MapSchedulePages();
        pages.MapOverridePages();
        pages.MapScheduleForms();
        pages.MapCoverPages();
        pages.MapRoutingPages();
        pages.MapPolicyPages();
        pages.MapSilencePages();
        pages.MapReportPages();
        pages.MapLogPages();
        pages.MapTracePages();
        pages.MapMetricPages();
        pages.MapDetectorPages();
        pages.MapDetectorForms();
        pages.MapSourcePages();
        pages.MapRejectedPages();
        pages.MapContactPages();
        pages.MapGitHubPages();
        pages.MapMemberPages();
        pages.MapSignInPages();
        pages.MapKeyPages();
        pages.MapMe();
        pages.MapMySecurity();
        pages.MapAbout();
        pages.MapAuditPages();
        pages.MapSample();
    }

    /// <summary>Stylesheets, scripts and the icon: public, and the same for everybody.</summary>
    public static void MapPageAssets(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/assets/{file}", StaticFiles.Embedded.ServeAsync).AllowAnonymous().ExcludeFromDescription();
}
