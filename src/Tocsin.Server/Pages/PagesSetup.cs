using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Tocsin.Pages;

internal static class PagesSetup
{
    public static IServiceCollection AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents();
        services.AddAntiforgery(options =>
        {
            options.Cookie.Name = "tocsin-form";
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            options.FormFieldName = "form";
            // Frames are refused for every page by the content security policy.
            options.SuppressXFrameOptionsHeader = true;
        });
        return services;
    }

    /// <summary>Stylesheets, scripts and the icon: public, and the same for everybody.</summary>
    public static void MapPageAssets(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/assets/{file}", StaticFiles.Embedded.ServeAsync).AllowAnonymous().ExcludeFromDescription();
}
